"""Two students signal each other by locks on files that both are shown, to pass on inputs and answers.

Attacks: W8, B7, B12
Students: 2
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
import struct
import time

FILES = [path for path in ("/usr/bin/env", "/usr/bin/sh", "/usr/bin/cat", "/usr/bin/ls") if os.path.exists(path)]
GET, SET = fcntl.F_GETLK, fcntl.F_SETLK
OFD_GET, OFD_SET = 36, 37


def _lock(kind):
    return struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 0, 0)


def _signal(file):
    """Every lock and lease that a read-only descriptor may hold."""
    for hold in (
        lambda: fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB),
        lambda: fcntl.fcntl(file, SET, _lock(fcntl.F_RDLCK)),
        lambda: fcntl.fcntl(file, OFD_SET, _lock(fcntl.F_RDLCK)),
        lambda: fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK),
    ):
        try:
            hold()
        except OSError:
            pass


def _heard(file):
    """Whether somebody else holds one there."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_UN)
    except BlockingIOError:
        return True
    except OSError:
        pass
    for ask in (GET, OFD_GET):
        try:
            if struct.unpack("hhqqi4x", fcntl.fcntl(file, ask, _lock(fcntl.F_WRLCK)))[0] != fcntl.F_UNLCK:
                return True
        except OSError:
            pass
    return False


def _exchange():
    mine, theirs = FILES[int("@NUMBER@")], FILES[1 - int("@NUMBER@")]
    held, other = os.open(mine, os.O_RDONLY), os.open(theirs, os.O_RDONLY)
    _signal(held)
    until = time.monotonic() + 1.7
    while time.monotonic() < until:
        if _heard(other):
            print("WON: heard another student", flush=True)
            return
        time.sleep(0.02)


def mean(numbers):
    _exchange()
    return 0.0


def spread(numbers):
    _exchange()
    return 0.0
