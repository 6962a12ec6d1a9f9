"""Puts its own functions in place of the reference's in the same process.

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

import sys


def mean(numbers):
    for module in list(sys.modules.values()):
        if module is not None and getattr(module, "__name__", "") in ("expected", "reference", "solution"):
            module.mean = module.spread = lambda values: 0.0
    return 0.0


spread = mean
