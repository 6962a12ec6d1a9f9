"""Reads the supervisor's memory with process_vm_readv and its descriptors with pidfd_getfd.

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


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def search():
    buffer = ctypes.create_string_buffer(64)
    here, there = Vector(ctypes.addressof(buffer), 64), Vector(id(os) & ~63, 64)
    for pid in {1, os.getppid(), int("@PID@")}:
        if libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) > 0:
            print("WON: read the memory of", pid, flush=True)
        pidfd = libc.syscall(434, pid, 0)
        if pidfd >= 0:
            for number in range(3, 16):
                if libc.syscall(438, pidfd, number, 0) >= 0:
                    print("WON: took descriptor", number, "of", pid, flush=True)
        if libc.syscall(312, pid, os.getpid(), 0, 0, 0) >= 0:
            print("WON: compared with", pid, flush=True)


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
