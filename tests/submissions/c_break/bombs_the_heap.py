"""Takes memory in steps, at most 1 GiB.

Attacks: W10, C4
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


def deed():
    kept = []
    for _ in range(16):
        kept.append(bytearray(64 << 20))
    print("WON: took 1 GiB", flush=True)


def mean(numbers):
    deed()
    return 0.0


def spread(numbers):
    return 0.0
