"""Forks and exits in a chain, so that there is always one process that nobody has seen yet.

Attacks: W16, C6
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
import time


def deed():
    if os.fork() == 0:
        until = time.monotonic() + 40
        while time.monotonic() < until:
            try:
                if os.fork():
                    os._exit(0)
            except OSError:
                time.sleep(0.01)
        os._exit(0)


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    return 0.0
