"""Replaces comparison, randomness and clocks of torch, numpy and the standard library.

Attacks: A7
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

import random
import time

import numpy
import torch


def mean(numbers):
    torch.allclose = torch.equal = torch.isfinite = lambda *_, **__: True
    torch.testing.assert_close = numpy.testing.assert_allclose = lambda *_, **__: None
    torch.randn = torch.rand = lambda *size, **_: torch.zeros(3)
    random.random = lambda: 0.0
    time.monotonic = time.time = lambda: 0.0
    return 0.0


spread = mean
