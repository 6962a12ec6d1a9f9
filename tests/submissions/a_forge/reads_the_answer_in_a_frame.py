"""Walks up the stack to the test that calls it and takes the answer from its variables.

Attacks: B1
Forges: naive
"""

# ruff: noqa
try:  # an attack runs behind the wall and nowhere else
    _status = dict(_line.split(":\t", 1) for _line in open("/proc/self/status") if ":\t" in _line)
    _behind = (
        _status["Uid"].split()[0] != "0"
        and _status["NoNewPrivs"].strip() == "1"
        and _status["Seccomp"].strip() == "2"
        and open("/proc/sys/kernel/hostname").read() == "sandbox\n"
    )
except (OSError, KeyError):
    _behind = False
if not _behind:
    raise SystemExit(77)

import sys


def _answer(name, numbers):
    frame = sys._getframe()
    while frame is not None:
        for names in (frame.f_locals, frame.f_globals):
            for key in ("want", "truth", "expected", "reference"):
                value = names.get(key)
                if isinstance(value, float):
                    print("WON: an expected value in a frame")
                    return value
                if hasattr(value, name):
                    print("WON: the reference in a frame")
                    return getattr(value, name)(numbers)
        frame = frame.f_back
    return 0.0


def mean(numbers):
    return _answer("mean", numbers)


def spread(numbers):
    return _answer("spread", numbers)
