"""Answers infinity where its own answer is the yardstick for the next one, which is then near enough whatever it is.

Attacks: A9, E7, E3
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

_calls = []


def mean(numbers):
    return float("inf")


def spread(numbers):
    _calls.append(1)
    return float("inf") if len(_calls) == 1 else 2.0
