"""Raises exceptions whose text, type and traceback fight back.

Attacks: C12, B7
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
import time


class Endless(Exception):
    def __str__(self):
        time.sleep(60)
        return "never"


class Rude(BaseException):
    def __str__(self):
        raise SystemExit(0)

    @property
    def __traceback__(self):
        os._exit(0)


class Group(BaseException):
    __name__ = property(lambda self: 1 / 0)

    def __repr__(self):
        raise KeyboardInterrupt


def mean(numbers):
    raise Rude


def spread(numbers):
    if len(numbers) == 7:
        raise Endless
    raise type("A" * 1000000, (Exception,), {"__str__": lambda self: "b" * 50000000})()
