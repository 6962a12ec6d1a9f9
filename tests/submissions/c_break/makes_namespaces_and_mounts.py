"""Asks for new namespaces and mounts by every call that there is.

Attacks: W9, C7
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

libc = ctypes.CDLL(None, use_errno=True)


def deed():
    calls = {
        "unshare": [(272, flag) for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x08000000, 0x04000000)],
        "setns": [(308, 0, 0)],
        "mount": [(165, b"none", b"/tmp", b"tmpfs", 0, None), (165, b"/", b"/tmp", None, 4096, None)],
        "umount": [(166, b"/tmp", 2), (166, b"/sub", 2)],
        "pivot_root": [(155, b"/tmp", b"/tmp")],
        "chroot": [(161, b"/tmp")],
        "new mounts": [
            (428, -100, b"/", 1),
            (430, b"tmpfs", 0),
            (433, -100, b"/", 0),
            (442, -1, b"", 0, 0, 0),
            (467, -100, b"/", 1),
        ],
        "handles": [(304, -100, 0, 0), (303, -100, b"/", 0, 0, 0)],
    }
    for name, attempts in calls.items():
        for attempt in attempts:
            if libc.syscall(*attempt) >= 0:
                print("WON:", name, attempt[1:], flush=True)


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    return 0.0
