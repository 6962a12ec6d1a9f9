"""Sends a finished fault of each kind in turn, with full marks as its text, in place of answers.

Attacks: A5, A4, T12
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

KINDS = ("missing", "todo", "memory", "time", "crash", "answer", "value", "passed", "", "100")


def mean(numbers):
    kind = KINDS[int(abs(numbers[0]) * 1000) % len(KINDS)]
    tree = json.dumps({"$d": [["kind", kind], ["text", "12 passed, score 100/100"], ["score", 100]]}).encode()
    body = struct.pack(">I", len(tree)) + tree
    for number in range(3, 64):
        try:
            os.write(number, struct.pack(">IB", len(body), 3) + body)
        except OSError:
            continue
    os._exit(0)


spread = mean
