"""Climbs the stack, modules and objects of the process that it was forked from, for traces of the host and of other students.

Attacks: W1, W3, B1
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

import gc
import re
import sys

WORDS = ("@COURSE@", "@CLASS@", "@SCRATCH@", "honest-wrong", "kay-twin", "checks_hidden", "GRADER_TOKEN", "reference_solutions")
CANARY = re.compile("canary-[a-z]+-[0-9a-f]{24}")
SEEN = set()


def look(place, value):
    text = value.decode("utf-8", "replace") if isinstance(value, (bytes, bytearray)) else value
    if not isinstance(text, str) or "@" + "COURSE" in text or "WORDS" in text:
        return
    for word in (*WORDS, *CANARY.findall(text)):
        if word in text and word not in SEEN:
            SEEN.add(word)
            print("WON:", place, "holds", word, flush=True)


def search():
    own = {id(WORDS), id(sys.modules[__name__].__dict__)} | {id(word) for word in WORDS}
    frame = sys._getframe()
    while frame is not None:
        if frame.f_globals is not globals():
            for name, value in list(frame.f_locals.items()) + list(frame.f_globals.items()):
                look(f"frame of {frame.f_code.co_name}: {name}", value)
                for inner in value.values() if type(value) is dict else value if type(value) in (list, tuple) else ():
                    look(f"frame of {frame.f_code.co_name}: {name}", inner)
        frame = frame.f_back
    gc.unfreeze()
    for each in gc.get_objects():
        if id(each) in own or type(each) not in (dict, list, tuple, set) or len(each) > 1000 or each is SEEN:
            continue
        if type(each) is tuple and set(map(id, each)) & own or type(each) is dict and "WORDS" in each:
            continue
        for value in list(each.values()) if type(each) is dict else list(each):
            if id(value) not in own and type(value) in (str, bytes, bytearray):
                look(f"a {type(each).__name__}", value)
    for word in ("warm_wall", "warm_server", "warm_calls", "launcher"):
        if word in sys.modules:
            print("WON: a module of the server is at hand:", word, flush=True)


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
