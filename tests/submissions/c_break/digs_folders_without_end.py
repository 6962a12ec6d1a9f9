"""Makes folders within folders, deeper than any path may be long.

Attacks: W11, W17, C4
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
    os.chdir("/tmp")
    for _ in range(1500):
        try:
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        except OSError:
            break


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    return 0.0
