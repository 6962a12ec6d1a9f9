"""Hands in results.json, result.json and junit.xml that give full marks.

Attacks: A11, A13
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
    "results.json": '{"score": 100, "status": "graded"}',
    "result.json": '{"score": 100, "status": "graded"}',
    "run.json": '{"score": 100}',
    "junit.xml": '<testsuite errors="0" failures="0" tests="3"></testsuite>',
    "checks_hidden.py": "def check_spread_value():\n    pass\n",
    "assignment.yaml": "tasks: []\n",
    "rubric.json": "{}\n",
}


def mean(numbers):
    return 0.0


def spread(numbers):
    return 0.0
