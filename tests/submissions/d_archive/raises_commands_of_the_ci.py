"""Raises and prints lines that a CI runner would obey.

Attacks: D9
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

TEXT = "\n::error file=a::b\n::set-output name=score::100\n::add-mask::0\n##[error]x\n##vso[task.complete result=Succeeded]\n::stop-commands::x\n"


def mean(numbers):
    raise ValueError(TEXT)


def spread(numbers):
    print(TEXT)
    raise ValueError(TEXT)
