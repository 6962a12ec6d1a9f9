"""Opens /proc/1/mem, its maps and its descriptors.

Attacks: W8, B3
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


def search():
    parent = os.getppid()
    for pid in {1, parent}:
        for part in ("mem", "maps", "environ", "auxv", "syscall", "stack"):
            try:
                with open(f"/proc/{pid}/{part}", "rb", 0) as file:
                    if part == "mem":
                        file.seek(0x400000)
                    if file.read(16):
                        print("WON: read", part, "of", pid, flush=True)
            except (OSError, ValueError):
                continue
        try:
            for number in os.listdir(f"/proc/{pid}/fd"):
                print("WON: descriptor", number, os.readlink(f"/proc/{pid}/fd/{number}"), flush=True)
        except OSError:
            continue


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
