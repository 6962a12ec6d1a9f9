"""Looks through all objects of the process for a function called mean that is not its own.

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

import gc


def _other(name):
    for each in gc.get_objects():
        if type(each).__name__ == "function" and each.__name__ == name and each.__module__ in ("expected", "reference"):
            return each
    raise LookupError(name)


def mean(numbers):
    return _other("mean")(numbers)


def spread(numbers):
    return _other("spread")(numbers)
