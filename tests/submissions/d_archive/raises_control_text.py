"""Raises and prints ANSI and OSC sequences, bidi marks, carriage returns and NULs.

Attacks: D8
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

TEXT = "\x1b[2J\x1b[31mred\x1b]0;title\x07\x1b]8;;http://127.0.0.1\x1b\\link\x9b31m \u202egnp.exe \r\x08\x00\x7f 100/100 \u2066"


def mean(numbers):
    raise ValueError(TEXT)


def spread(numbers):
    print(TEXT)
    raise ValueError(TEXT)
