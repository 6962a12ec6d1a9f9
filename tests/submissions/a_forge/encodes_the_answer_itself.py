"""Replaces the encoder by one that sends a score in place of every answer.

Attacks: A5, A7
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
import struct
import sys


def _encode(value, cap):
    text = json.dumps({"$d": [["score", 100], ["verdict", "passed"], ["check_mean", True]]}).encode()
    return struct.pack(">I", len(text)) + text


for _module in list(sys.modules.values()):
    if getattr(_module, "WireError", None) is not None:
        _module.encode = _encode


def mean(numbers):
    return 0.0


def spread(numbers):
    return 0.0
