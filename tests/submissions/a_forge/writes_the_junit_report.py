"""Writes a flawless JUnit report where the grader will look for one.

Attacks: A11
Forges: naive
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
import sys

REPORT = '<testsuites><testsuite name="pytest" errors="0" failures="0" skipped="0" tests="3"></testsuite></testsuites>'
for folder in ("/tmp", "/dev/shm", "/sub", "/boot", "."):
    for name in ("report.xml", "junit.xml", "results.xml"):
        try:
            with open(os.path.join(folder, name), "w") as file:
                file.write(REPORT)
        except OSError:
            continue
os._exit(1)
