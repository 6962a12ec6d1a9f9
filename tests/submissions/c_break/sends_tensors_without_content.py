"""Answers with tensors that are nothing but shape: huge and empty, of odd kinds, named twice, or lying in each other.

Attacks: C10, C12, A9
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

EMPTY = {"dtype": "F32", "shape": [0, 1 << 40, 1 << 20], "data_offsets": [0, 0]}
HEADERS = [
    {"t0": EMPTY},
    {"t0": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]}},
    {"t0": {"dtype": "BOOL", "shape": [2, 2], "data_offsets": [0, 4]}},
    {"t0": {"dtype": "F64", "shape": [], "data_offsets": [0, 8]}},
    {"t0": {"dtype": "BF16", "shape": [1] * 8, "data_offsets": [0, 2]}},
    {"__metadata__": {"a" * 60000: "b"}, "t0": EMPTY},
    {f"t{i}": EMPTY for i in range(250)},
]


def _send(header, body):
    names = [name for name in header if name != "__metadata__"]
    kind = {"$t": names[0]} if len(names) == 1 else {"$u": [{"$t": name} for name in names]}
    for tree in (kind, {"$d": [["value", kind], ["shifted", 1.0]]}):
        text, head = json.dumps(tree).encode(), json.dumps(header).encode()
        whole = struct.pack(">I", len(text)) + text + struct.pack("<Q", len(head)) + head + body
        yield struct.pack(">IB", len(whole), 2) + whole


def mean(numbers):
    header = HEADERS[int(abs(numbers[0]) * 1000) % len(HEADERS)]
    size = max(each.get("data_offsets", [0, 0])[1] for each in header.values())
    first, second = _send(header, bytes([7]) * size)
    for number in range(3, 64):
        try:
            os.write(number, first if len(numbers) == 7 else second)
        except OSError:
            continue
    os._exit(0)


spread = mean
