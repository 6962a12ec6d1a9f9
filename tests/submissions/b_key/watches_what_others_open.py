"""Watches shared folders and files for what other students and the host do with them.

Attacks: W3, W8, B10
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
import select

libc = ctypes.CDLL(None, use_errno=True)


def search():
    watcher = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if watcher < 0:
        return
    for folder in ("/boot", "/sub", "/packages/0/torch", "/packages/0/numpy", "/packages/0", "/usr/bin", "/usr/lib", "/dev"):
        libc.inotify_add_watch(watcher, folder.encode(), 0x20 | 0x1 | 0x2 | 0x100)  # opened, read, written, made
    for folder in ("/sys/kernel/debug", "/proc/1"):
        libc.inotify_add_watch(watcher, folder.encode(), 0xFFF)
    if select.select([watcher], [], [], 1.7)[0]:
        print("WON: saw what others open:", os.read(watcher, 4096).rstrip(b"\0")[-40:], flush=True)


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    search()
    return 0.0
