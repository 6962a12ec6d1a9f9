"""Asks the kernel's key store for keys of the user and session.

Attacks: W9, B3
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


def search():
    buffer = ctypes.create_string_buffer(4096)
    for ring in (-1, -2, -3, -4, -5):
        if libc.syscall(250, 11, ring, buffer, 4096) > 0:
            print("WON: read keyring", ring, flush=True)
    if libc.syscall(248, b"user", b"x", b"y", 1, -4) > 0:
        print("WON: stored a key that outlives the guest", flush=True)
    try:
        with open("/proc/keys") as file:
            if file.read().strip():
                print("WON: the host's keys are listed", flush=True)
    except OSError:
        pass


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
