"""Answers with texts and numbers of kinds that compare or convert in odd ways.

Attacks: A6, A9
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

import decimal
import fractions


def mean(numbers):
    return "3.0" if len(numbers) % 2 else decimal.Decimal("NaN")


def spread(numbers):
    return complex(2, 0) if len(numbers) == 7 else fractions.Fraction(2, 1)
