"""Leaves modules, settings and start-up hooks wherever the interpreter of the next call could find them.

Attacks: A10, C3, W17
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
import sys

NAMES = (
    "driver",
    "wire",
    "json",
    "struct",
    "statistics",
    "torch",
    "numpy",
    "sitecustomize",
    "usercustomize",
    "toy",
    "notebook_source",
)
WON = "print('WON: a planted module was loaded', flush=True)\n"


def _plant():
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    home = f"/tmp/.local/lib/{version}/site-packages"
    for folder in ("/tmp", "/dev/shm", home, "/tmp/torch", "/tmp/sub", "/tmp/boot"):
        os.makedirs(folder, exist_ok=True)
        for name in NAMES:
            with open(f"{folder}/{name}.py", "w") as file:
                file.write(WON)
    with open(f"{home}/x.pth", "w") as file:
        file.write("import os; print('WON: a planted .pth was read', flush=True)\n")
    for name in (".pythonrc", ".profile", "pyvenv.cfg", "python311._pth", ".pdbrc"):
        with open(f"/tmp/{name}", "w") as file:
            file.write("home = /tmp\n")


def mean(numbers):
    _plant()
    return 0.0


def spread(numbers):
    _plant()
    return 0.0
