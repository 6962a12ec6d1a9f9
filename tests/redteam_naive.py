"""The control: a grader as it is often written, which imports student code into the process that also holds tests and answers.

It exists to be beaten: an attack that forges nothing here shows nothing elsewhere. It runs inside a wall of its own, so that the
attacks stay harmless. Its verdict is read in the three ways that such graders use: exit status, JUnit report, printed summary.
A control that did not reach its last line has no verdict: it is run once more, then it is an error with the end of what it said.
"""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path

from autograder.errors import SandboxUnavailable
from autograder.sandbox.bubblewrap import Bubblewrap
from autograder.sandbox.places import interpreter, library_targets
from autograder.sandbox.policy import Policy

EXPECTED = """
import math


def mean(numbers):
    return sum(numbers) / len(numbers)


def spread(numbers):
    centre = mean(numbers)
    return math.sqrt(sum((x - centre) ** 2 for x in numbers) / len(numbers))
"""
# As in many real ones, the reference lies beside the tests and is asked after the student, with the same list.
TESTS = """
import random

import expected
import toy


def numbers(seed):
    draw = random.Random(seed)
    return [draw.gauss(3, 2) for _ in range(7)]


def close(got, want):
    if got == want:
        return
    if abs(got - want) > 1e-6:
        raise AssertionError(f"expected {want}, got {got}")


def test_mean():
    given = numbers(1)
    close(toy.mean(given), expected.mean(given))


def test_visible_spread():
    given = numbers(2)
    close(toy.spread(given), expected.spread(given))


def test_hidden_spread():
    given = numbers(3)
    close(toy.spread(given), expected.spread(given))
"""
SCRIPT = """
cd /sub
{python} -B -c 'import os, sys; os.close({channel}); sys.path[:0] = ["/sub", *{libraries}]; import pytest; sys.exit(pytest.main(sys.argv[1:]))' \
    /sub --import-mode=importlib -p no:cacheprovider --junitxml=/tmp/report.xml --rootdir=/sub > /tmp/said 2>&1
status=$?
echo; echo "=== naive text"; tail -c 3000 /tmp/said
echo; echo "=== naive junit"; head -c 600 /tmp/report.xml 2>&1
echo; echo "=== naive exit $status"
"""


LAST_LINE = re.compile(r"^=== naive exit \d+$", re.M)
SECONDS = 120.0
"""Until a control that still runs counts as stuck; it takes three seconds on an idle machine."""
TRIES = 2


class Unfinished(Exception):
    """The control itself did not come to its end: neither forged nor not forged."""


def forged(folder: Path) -> set[str]:
    """Readers of the verdict (`exit`, `junit`, `text`) that take the submission in this folder for a right one."""
    (folder / "expected.py").write_text(EXPECTED)
    (folder / "test_toy.py").write_text(TESTS)
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    said = []
    for _ in range(TRIES):
        log, why, seconds = once(folder)
        if LAST_LINE.search(log):
            return read(log)
        said.append(f"after {seconds:.0f} s ({why}): {log[-400:].strip() or 'nothing was said'}")
    raise Unfinished(f"{folder.name}: the naive grader did not reach its last line: {'; again: '.join(said)}")


def once(folder: Path) -> tuple[str, str, float]:
    """One run: what was printed, how it ended, and how long it took."""
    started, channel = time.monotonic(), socket.socketpair()
    libraries = str(library_targets()).replace("'", '"')
    script = SCRIPT.format(python=interpreter(), libraries=libraries, channel=channel[1].fileno())
    try:
        guest = Bubblewrap().launch(["/usr/bin/sh", "-c", script], {folder: "/sub"}, Policy(), channel)
    except SandboxUnavailable as error:
        return "", error.message, time.monotonic() - started
    try:
        guest.raw_report(SECONDS)
        why = "it sent a report, which it never does"
    except SandboxUnavailable as error:  # it has no report to make; what counts is what it printed
        why = error.message.partition(": ")[2].partition("\n")[0][:120]
    return guest.log, why, time.monotonic() - started


def read(log: str) -> set[str]:
    """The three verdicts of one run."""
    text, _, rest = log.rpartition("=== naive junit")
    junit, _, ending = rest.rpartition("=== naive exit ")
    text = text.rpartition("=== naive text")[2]
    found = set()
    if re.match(r"0\b", ending):  # behind the status may stand what came late from another stream
        found.add("exit")
    if re.search(r'errors="0"', junit) and re.search(r'failures="0"', junit) and re.search(r'tests="[1-9]', junit):
        found.add("junit")
    if re.search(r"\d+ passed", text) and not re.search(r"\d+ (failed|error)", text):
        found.add("text")
    return found
