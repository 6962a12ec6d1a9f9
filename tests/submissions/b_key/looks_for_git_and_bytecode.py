"""Looks for repositories, compiled checks and install records that name the checkout.

Attacks: W1, B2, B5
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


import time


def search():
    deadline = time.monotonic() + 1.5
    for root in ("/sub", "/boot", "/tmp", "/packages"):
        for folder, folders, names in os.walk(root):
            if time.monotonic() > deadline:
                return
            if ".git" in folders:
                print("WON: a repository at", folder, flush=True)
            for name in names:
                if name.startswith(("checks_hidden", "reference_toy")) or name.endswith(".pyc") and "checks" in name:
                    print("WON: found", folder, name, flush=True)
                elif name in ("direct_url.json",) or name.endswith((".pth", ".egg-link")):
                    with open(os.path.join(folder, name), "rb") as file:
                        look(name, file.read(1 << 16))


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
