"""Opens a socket of every family and type that the kernel knows.

Attacks: W7, B12, T15
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

import socket


def search():
    for family in range(2, 46):
        for kind in (1, 2, 3, 5, 10):
            try:
                with socket.socket(family, kind):
                    print("WON: a socket of family", family, flush=True)
            except OSError:
                continue
        try:
            socket.socketpair(family, 1)
            print("WON: a pair of family", family, flush=True)
        except OSError:
            continue


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
