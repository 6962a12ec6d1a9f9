"""Raises a message and prints bytes that are not text in any encoding.

Attacks: C12, D8
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

import sys


def mean(numbers):
    sys.stdout.buffer.write(bytes(range(256)) * 8)
    sys.stdout.flush()
    raise ValueError("\ud800\udfff \x00 \ufffe" * 50)


def spread(numbers):
    return {"\ud800": 1.0}
