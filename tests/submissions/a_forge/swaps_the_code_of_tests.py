"""Replaces the code of every test function that it finds in memory.

Attacks: A7, B1
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

import gc


def _nothing():
    pass


def mean(numbers):
    for each in gc.get_objects():
        if type(each).__name__ != "function" or not str(each.__module__).startswith(("test_", "checks_")):
            continue
        if each.__name__.startswith(("test_", "check_")):
            each.__code__ = _nothing.__code__
        elif each.__name__ == "close":
            each.__code__ = (lambda got, want: None).__code__
    return 0.0


spread = mean
