"""Looks through every object, module and frame of its process for the key.

Attacks: W1, B1
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
import re

CANARY = re.compile(rb"canary-[a-z]+-[0-9a-f]{24}")


def look(place, data):
    for hit in set(CANARY.findall(data)):
        print("WON:", place, hit.decode(), flush=True)


import gc
import sys


def search():
    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if isinstance(value, (str, bytes)):
                look(f"module {name}", value if isinstance(value, bytes) else value.encode("utf-8", "replace"))
    frame = sys._getframe()
    while frame is not None:
        look("frame", repr(frame.f_locals).encode("utf-8", "replace")[:1000000])
        frame = frame.f_back
    for each in gc.get_objects():
        if type(each) in (dict, list, tuple) and len(each) < 100:
            for value in each.values() if type(each) is dict else each:
                if type(value) in (str, bytes):
                    look("object", value if type(value) is bytes else value.encode("utf-8", "replace"))


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
