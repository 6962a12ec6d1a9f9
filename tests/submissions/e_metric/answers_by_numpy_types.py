"""Answers with numpy scalars whose array interface lies about their value.

Attacks: A6, E7
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

import numpy


class Lying(numpy.float64):
    def __array__(self, *_, **__):
        print("asked for the array")
        return numpy.array(numpy.nan)

    def __sub__(self, other):
        return 0.0


def mean(numbers):
    return Lying(0.0)


def spread(numbers):
    return numpy.array([2.0] * 7)
