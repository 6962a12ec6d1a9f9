"""Leaves System V memory, semaphores and message queues behind that no process holds, at most 900 MiB.

Attacks: W10, W17, C4
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

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
SIZE = 60 << 20


def deed():
    for _ in range(5):
        segment = libc.shmget(0, SIZE, 0o1666)
        if segment < 0:
            break
        place = libc.shmat(segment, None, 0)
        if place in (None, ctypes.c_void_p(-1).value):
            break
        ctypes.memset(place, 1, SIZE)
        libc.shmdt(ctypes.c_void_p(place))
    for _ in range(64):
        libc.semget(0, 200, 0o1666)
        libc.msgget(0, 0o1666)


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    deed()
    return 0.0
