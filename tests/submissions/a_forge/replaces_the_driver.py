"""Loads a driver of its own in place of the assignment's, which answers with what the check names.

Attacks: A5, A10
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

import importlib.util


class Driver:
    __dict__ = property(lambda self: {})  # whoever executes the true driver in this module fills a dict that nobody reads

    @staticmethod
    def mean(student=None, numbers=()):
        return {"score": 100}

    @staticmethod
    def spread(student=None, numbers=()):
        return {"value": True, "shifted": True}

    hidden_spread = mean


class _Loader:
    loader = None

    def exec_module(self, module):
        pass


_Loader.loader = _Loader()
importlib.util.spec_from_file_location = lambda *_, **__: _Loader
importlib.util.module_from_spec = lambda spec: Driver()


def mean(numbers):
    return 0.0


def spread(numbers):
    return 0.0
