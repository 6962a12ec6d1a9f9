"""Reads the environment and command line of every process that it sees.

Attacks: W3, W4, B4
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


def search():
    for name in os.listdir("/proc"):
        if name.isdigit():
            for part in ("environ", "cmdline", "mountinfo"):
                try:
                    with open(f"/proc/{name}/{part}", "rb") as file:
                        data = file.read()
                except OSError:
                    continue
                look(f"{part} of {name}", data)
                for word in (b"@CLASS@", b"@COURSE@", b"GRADER_TOKEN"):
                    if word in data:
                        print("WON: a name of the host in", part, flush=True)
    if "GRADER_TOKEN" in os.environ:
        print("WON: the grader's variable", flush=True)


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
