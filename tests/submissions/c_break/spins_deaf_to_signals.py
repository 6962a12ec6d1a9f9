"""Blocks every signal and computes for ever, well 60 seconds.

Attacks: W13, W14, C5
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

import signal
import time


def deed():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    until = time.monotonic() + 60
    while time.monotonic() < until:
        pass
    print("WON: spun for a minute", flush=True)


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    return 0.0
