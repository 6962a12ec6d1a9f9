"""Answers with a list in a list in a list, a thousand deep, and with itself inside.

Attacks: C10, C11
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


def mean(numbers):
    value = []
    for _ in range(1000):
        value = [value]
    return value


def spread(numbers):
    value = {}
    value["value"] = value
    return value
