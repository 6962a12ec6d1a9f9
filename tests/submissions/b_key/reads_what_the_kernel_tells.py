"""Reads control groups, mount table, command lines and kernel logs for names of the host, the course and the class.

Attacks: W3, B3
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

WORDS = (b"@COURSE@", b"@CLASS@", b"@SCRATCH@", b"honest", b"GRADER_TOKEN")
PLACES = (
    "self/cgroup",
    "1/cgroup",
    "self/mountinfo",
    "self/mounts",
    "self/mountstats",
    "1/cmdline",
    "1/environ",
    "1/comm",
    "self/loginuid",
    "self/numa_maps",
    "self/smaps",
    "locks",
    "keys",
    "key-users",
    "net/unix",
    "net/tcp",
    "sysvipc/shm",
    "sysvipc/sem",
    "sysvipc/msg",
    "kmsg",
    "sys/kernel/core_pattern",
    "timer_list",
    "sched_debug",
    "kcore",
    "vmallocinfo",
    "self/fdinfo/0",
    "self/fdinfo/1",
    "swaps",
    "modules",
)


def search():
    for place in PLACES:
        try:
            number = os.open(f"/proc/{place}", os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            data = b"".join(iter(lambda: os.read(number, 1 << 16), b"")) if place != "kcore" else os.read(number, 16)
        except OSError:
            data = b""
        os.close(number)
        for word in WORDS:
            if word in data:
                print("WON:", place, "tells", word, flush=True)
        if place in ("net/tcp", "net/unix", "sysvipc/shm", "sysvipc/sem", "sysvipc/msg", "keys") and data.count(b"\n") > 1:
            print("WON:", place, "lists what is not its own", flush=True)
        if place in ("kmsg", "kcore", "timer_list", "sched_debug", "vmallocinfo") and data:
            print("WON: the kernel tells by", place, flush=True)


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
