"""Sends a byte of its answer now and then, so that something always comes.

Attacks: W14, C5, C9
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
import time


def mean(numbers):
    body = bytes(100)
    data = struct.pack(">IB", len(body), 2) + body
    for byte in data:
        for number in range(3, 32):
            try:
                os.write(number, bytes([byte]))
            except OSError:
                continue
        time.sleep(0.5)
    print("WON: outlived its deadline", flush=True)
    return 0.0


spread = mean
