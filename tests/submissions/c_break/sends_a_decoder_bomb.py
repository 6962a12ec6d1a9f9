"""Sends JSON a hundred thousand levels deep, and a tensor header that claims the world.

Attacks: C10, W15
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


def _send(body):
    for number in range(3, 32):
        try:
            os.write(number, struct.pack(">IB", len(body), 2) + body)
        except OSError:
            continue
    os._exit(0)


def mean(numbers):
    text = b"[" * 60000
    _send(struct.pack(">I", len(text)) + text)


def spread(numbers):
    text = b'{"$t": "t0"}'
    header = b'{"t0": {"dtype": "F64", "shape": [4294967296, 4294967296], "data_offsets": [0, 8]}}'
    _send(struct.pack(">I", len(text)) + text + struct.pack("<Q", len(header)) + header + bytes(8))
