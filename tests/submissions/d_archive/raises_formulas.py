"""Raises what a spreadsheet would compute, with separators, quotes and newlines.

Attacks: D7, D8
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

TEXT = '=HYPERLINK("http://127.0.0.1","x")\n+1+1,"a";@SUM(A1)\t-2+3,100,100\r\n=cmd|x!A0'


def mean(numbers):
    raise ValueError(TEXT)


def spread(numbers):
    print(TEXT)
    raise ValueError(TEXT)
