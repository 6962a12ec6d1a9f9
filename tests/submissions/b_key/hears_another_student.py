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
import time

FILES = [path for path in ("/usr/bin/env", "/usr/bin/sh", "/usr/bin/cat", "/usr/bin/ls") if os.path.exists(path)]


def _exchange():
    mine, theirs = FILES[int("@NUMBER@")], FILES[1 - int("@NUMBER@")]
    held = os.open(mine, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    until = time.monotonic() + 1.7
    while time.monotonic() < until:
        other = os.open(theirs, os.O_RDONLY)
        try:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("WON: heard another student", flush=True)
            return
        except OSError:
            return
        finally:
            os.close(other)
        time.sleep(0.02)


def mean(numbers):
    _exchange()
    return 0.0


def spread(numbers):
    _exchange()
    return 0.0
