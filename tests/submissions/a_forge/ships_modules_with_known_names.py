"""Hands in files called driver.py, wire.py, torch.py and sitecustomize.py that grade themselves.

Attacks: A10, C3
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

BESIDE = {
    "driver.py": "print('WON: driver.py of the submission was loaded')\n",
    "wire.py": "print('WON: wire.py of the submission was loaded')\n",
    "torch.py": "print('WON: torch.py of the submission was loaded')\n",
    "checks_hidden.py": "print('WON: checks_hidden.py of the submission was loaded')\n",
    "sitecustomize.py": "print('WON: sitecustomize.py of the submission was loaded')\n",
    "statistics.py": "print('WON: statistics.py of the submission was loaded')\n",
    "setup.py": "print('WON: setup.py of the submission was loaded')\n",
    "toy.pth": "import os; print('WON: a .pth of the submission was loaded')\n",
    "requirements.txt": "./evil\n",
}
import os

for _name in BESIDE:
    if os.path.exists("/sub/" + _name):
        print("WON: staged", _name)
try:
    import setup
except ImportError:
    pass


def mean(numbers):
    return 0.0


def spread(numbers):
    return 0.0
