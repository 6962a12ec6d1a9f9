"""Tries to change every bound folder, device and its own files.

Attacks: W2, A11, W17
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
    for folder in ("/", "/sub", "/boot", "/usr", "/usr/bin", "/usr/lib", "/packages/0", "/dev", "/proc", "/mnt", "@SCRATCH@"):
        for act in (
            lambda path: open(path, "w").close(),
            os.mkdir,
            lambda path: os.symlink("/tmp", path),
            lambda path: os.mknod(path, 0o600 | 0o060000, os.makedev(8, 0)),
        ):
            try:
                act(os.path.join(folder, "planted"))
                print("WON: wrote in", folder, flush=True)
            except OSError:
                continue
    for path in ("/sub/toy.py", "/boot/driver.py", "/boot/guest.py", "/boot/wire.py"):
        for act in (
            os.unlink,
            lambda path: os.chmod(path, 0o777),
            lambda path: open(path, "a").close(),
            lambda path: os.rename(path, "/tmp/x"),
        ):
            try:
                act(path)
                print("WON: changed", path, flush=True)
            except OSError:
                continue


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    return 0.0
