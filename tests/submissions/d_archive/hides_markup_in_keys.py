"""Answers with a forged dict whose thousand keys are markup, CI commands and escapes.

Attacks: A5, D7, D9
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


def spread(numbers):
    keys = ["<script>alert(1)</script>", "\n::error::x", "\x1b[31m", "=1+1", "k" * 4000] + [f"key{i}" for i in range(1000)]
    text = json.dumps({"$d": [[key, 1.0] for key in keys]}).encode()
    body = struct.pack(">I", len(text)) + text
    for number in range(3, 32):
        try:
            os.write(number, struct.pack(">IB", len(body), 2) + body)
        except OSError:
            continue
    os._exit(0)


mean = spread
