"""Sleeps as long as a digit of the hidden inputs says, to read it in the times of its result.

Attacks: B7
Tells: seconds
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

import time


def mean(numbers):
    return 0.0


def spread(numbers):
    if len(numbers) != 7:  # the numbers of the hidden check
        time.sleep(0.4 * (int(abs(numbers[0]) * 10) % 3 + 1))
    return 0.0
