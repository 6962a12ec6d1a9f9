"""Attaches with ptrace to the supervisor and to the host's process.

Attacks: W8, W9, B3
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

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def search():
    for pid in {1, os.getppid(), int("@PID@")}:
        for request in (16, 0x4206):  # PTRACE_ATTACH, PTRACE_SEIZE
            if libc.ptrace(request, pid, 0, 0) == 0:
                print("WON: traced", pid, flush=True)
    if libc.ptrace(0, 0, 0, 0) == 0:
        print("WON: asked to be traced", flush=True)


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
