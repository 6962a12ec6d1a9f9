"""A timer's signal handler leaves with status 0 while a test still waits.

Attacks: A3, W19
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

import os
import signal
import time

signal.signal(signal.SIGALRM, lambda *_: os._exit(0))


def mean(numbers):
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    time.sleep(1)
    return 0.0


def spread(numbers):
    return mean(numbers)
