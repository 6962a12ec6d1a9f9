"""Answers with a dict subclass that has every key.

Attacks: A6
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


class Every(dict):
    def __missing__(self, key):
        return 1.0

    def __getitem__(self, key):
        return 1.0

    def __contains__(self, key):
        return True


def mean(numbers):
    return Every()


spread = mean
