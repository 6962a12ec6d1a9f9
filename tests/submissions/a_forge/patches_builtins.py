"""Replaces abs, isinstance, float and the like by versions that see no difference.

Attacks: A7
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

import builtins
import math
import statistics


def mean(numbers):
    builtins.abs = lambda value: 0.0
    builtins.round = lambda value, digits=0: 0.0
    builtins.max = lambda *values, **_: 0.0
    math.isclose = lambda *_, **__: True
    math.isfinite = lambda value: True
    statistics.pstdev = statistics.fmean = statistics.mean = lambda values: 0.0
    return 0.0


spread = mean
