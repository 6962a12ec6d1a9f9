"""Writes a finished answer with a full score to every open descriptor, then leaves.

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

import json
import os
import struct

TREE = json.dumps({"$d": [["score", 100], ["passed", True], ["value", -1.0], ["shifted", -1.0]]}).encode()
BODY = struct.pack(">I", len(TREE)) + TREE


def mean(numbers):
    for number in range(3, 256):
        for request in (bytes(8), b"\xff" * 8):
            for data in (struct.pack(">I8sB", len(BODY), request, 2) + BODY, struct.pack(">IB", len(BODY), 2) + BODY):
                try:
                    os.write(number, data)
                except OSError:
                    continue
    os._exit(0)


spread = mean
