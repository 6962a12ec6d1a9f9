"""Reads the start of every file that it may open, from / downward.

Attacks: W1, W2, B2
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
import re

CANARY = re.compile(rb"canary-[a-z]+-[0-9a-f]{24}")


def look(place, data):
    for hit in set(CANARY.findall(data)):
        print("WON:", place, hit.decode(), flush=True)


import time


def search():
    deadline = time.monotonic() + 1.6
    for root in (
        "/sub",
        "/boot",
        "/tmp",
        "/dev/shm",
        "/mnt",
        "/home",
        "/root",
        "/etc",
        "/var",
        "/run",
        "/srv",
        "/opt",
        "/proc",
        "/",
    ):
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in ("usr", "packages", "sys", "task")]
            for name in names:
                if time.monotonic() > deadline:
                    return
                path = os.path.join(folder, name)
                try:
                    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
                    try:
                        look(path, os.read(number, 1 << 16))
                    finally:
                        os.close(number)
                except OSError:
                    continue


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
