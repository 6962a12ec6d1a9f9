"""Fills /dev/shm and anonymous memory files, at most 256 MiB each.

Attacks: W10, W11, C4
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


def deed():
    written = 0
    try:
        for number in range(4):
            with open(f"/dev/shm/{number}", "wb") as file:
                for _ in range(64):
                    file.write(bytes(1 << 20))
                    file.flush()
                    written += 1
    except OSError:
        pass
    if written > 80:
        print("WON: wrote MiB to shm", written, flush=True)
    for number in range(4):
        try:
            descriptor = os.memfd_create("bomb")
            for _ in range(64):
                os.write(descriptor, bytes(1 << 20))
        except OSError:
            break


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    return 0.0
