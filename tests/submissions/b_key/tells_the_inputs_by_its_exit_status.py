"""Leaves with an exit status that is two digits of the hidden inputs, to read it in the feedback.

Attacks: B7, T12
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

import os


def mean(numbers):
    return 0.0


def spread(numbers):
    if len(numbers) != 7:  # the numbers of the hidden check
        os._exit(100 + int(abs(numbers[0]) * 100) % 100)
    return 0.0
