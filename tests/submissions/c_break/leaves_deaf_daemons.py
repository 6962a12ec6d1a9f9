"""Leaves five daemons, detached twice, deaf to signals, each trying to answer for the next call.

Attacks: W16, C6
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
import signal
import time


def deed():
    for _ in range(5):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for number in range(1, 65):
                    try:
                        signal.signal(number, signal.SIG_IGN)
                    except (OSError, ValueError):
                        continue
                until = time.monotonic() + 50
                while time.monotonic() < until:
                    if os.path.exists("/tmp/second"):
                        print("WON: a daemon lived on", flush=True)
                    time.sleep(0.05)
            os._exit(0)


def mean(numbers):
    if os.path.exists("/tmp/second"):
        os.unlink("/tmp/second")
    deed()
    return 0.0


def spread(numbers):
    open("/tmp/second", "w").close()
    time.sleep(0.3)
    return 0.0
