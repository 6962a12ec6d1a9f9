"""Prints 64 MiB on both streams.

Attacks: W15, C5, C9
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


def deed():
    for _ in range(512):
        os.write(1, b"y" * 65536)
        os.write(2, b"z" * 65536)
    print("WON: printed 64 MiB", flush=True)


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    return 0.0
