"""Prints the inputs on both streams, to read them in a log.

Attacks: B7, W15
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
    return spread(numbers)


def spread(numbers):
    print("inputs", numbers)
    print("inputs", numbers, file=sys.stderr)
    return 0.0
