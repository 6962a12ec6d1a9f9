"""Tries bpf, perf, io_uring, userfaultfd, modules, clocks and whatever else only root should call.

Attacks: W9, C8
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
CALLS = {
    "bpf": 321,
    "perf_event_open": 298,
    "userfaultfd": 323,
    "io_uring_setup": 425,
    "init_module": 175,
    "finit_module": 313,
    "kexec_load": 246,
    "reboot": 169,
    "swapon": 167,
    "settimeofday": 164,
    "clock_settime": 227,
    "adjtimex": 159,
    "quotactl": 179,
    "acct": 163,
    "syslog": 103,
    "add_key": 248,
    "keyctl": 250,
    "memfd_secret": 447,
    "personality": 135,
    "iopl": 172,
    "ioperm": 173,
    "modify_ldt": 154,
    "vhangup": 153,
    "sethostname": 170,
    "setdomainname": 171,
    "fanotify_init": 300,
    "process_madvise": 440,
}


def deed():
    buffer = ctypes.create_string_buffer(4096)
    for name, number in CALLS.items():
        if libc.syscall(number, buffer, 0, 0, 0, 0) >= 0:
            print("WON:", name, flush=True)
    if libc.syscall(425, 8, buffer) >= 0:
        print("WON: io_uring", flush=True)


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    return 0.0
