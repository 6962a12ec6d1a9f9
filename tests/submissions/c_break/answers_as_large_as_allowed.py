"""Answers every question with as many tensors, items and letters as may cross.

Attacks: W15, C10, C4
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

import torch


def mean(numbers):
    return torch.full((4 << 20,), float("nan"))  # 16 MiB


def spread(numbers):
    if len(numbers) != 7:
        return [torch.zeros(15 << 10) for _ in range(255)]
    return {chr(945 + i % 800) * 30 + str(i): "\u202e<b>" * 3 for i in range(600)}
