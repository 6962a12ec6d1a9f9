"""Reads address 0, aborts, and asks for a core file.

Attacks: W11, T12, C5
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

import ctypes
import os
import resource


def mean(numbers):
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))
        print("WON: raised a limit", flush=True)
    except (ValueError, OSError):
        pass
    ctypes.string_at(0)


def spread(numbers):
    os.abort()
