"""Every wall passes the same suite: bubblewrap and warm, each as root and as an ordinary user; in part, no wall at all.

One guest serves most cases, so the backends are grouped; the two runs as an ordinary user go on at the same time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support import ROOT

from autograder.sandbox import bubblewrap, conformance, conformance_guest
from autograder.sandbox.bubblewrap import Bubblewrap
from autograder.sandbox.conformance import CASES, CASES_WITHOUT_WALL, Bench, check, failure
from autograder.sandbox.none import NoSandbox
from autograder.sandbox.warm import Warm

ORDINARY = 12345
WALLS = ("bubblewrap", "warm")


@pytest.fixture(scope="module", params=WALLS)
def walled(request, wall) -> Iterator[Bench]:
    """Each wall, built by whoever runs the tests."""
    sandbox = Warm() if request.param == "warm" else wall
    with Bench(sandbox) as bench:
        yield bench
    if isinstance(sandbox, Warm):
        sandbox.end()


@pytest.fixture(scope="module")
def bare() -> Iterator[Bench]:
    with Bench(NoSandbox()) as bench:
        yield bench


@contextmanager
def ordinary_user() -> Iterator[tuple[list[str], dict[str, str]]]:
    """How to start a command as a user without privileges, and in which environment. A loud skip where that cannot be."""
    if os.geteuid() != 0:
        pytest.skip("we are an ordinary user: all that is here runs as one")
    become = ["setpriv", "--reuid", str(ORDINARY), "--regid", str(ORDINARY), "--clear-groups"]
    with tempfile.TemporaryDirectory(prefix="ordinary") as home:
        os.chown(home, ORDINARY, ORDINARY)
        environment = {"PYTHONPATH": str(ROOT), "HOME": home, "TMPDIR": home, "PATH": os.environ["PATH"]}
        reach = [*become, sys.executable, "-c", "import autograder, torch"]
        if subprocess.run(reach, cwd="/", env=environment, capture_output=True).returncode:
            message = f"an ordinary user cannot reach {ROOT} or {sys.executable}: the wall is NOT tested as one"
            pytest.skip(message)
        yield [*become, sys.executable, "-m"], environment


@pytest.fixture(scope="module")
def ordinary_runs(wall) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """The whole suite for each wall, under way as an ordinary user."""
    with ordinary_user() as (python, environment):
        command = [*python, "autograder.sandbox.conformance"]
        runs = {
            name: subprocess.Popen(
                [*command, name], cwd="/", env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for name in WALLS
        }
        yield runs
        for run in runs.values():
            run.kill()
            run.communicate()


@pytest.fixture(scope="module", params=WALLS)
def ordinary(request, ordinary_runs) -> dict[str, str]:
    """What an ordinary user's run says."""
    said, complaint = ordinary_runs[request.param].communicate(timeout=400)
    assert said.startswith("{"), complaint[-2000:]
    return json.loads(said)


@pytest.mark.wall
@pytest.mark.parametrize("name", CASES)
def test_behind_the_wall(walled, name):
    assert not failure(walled, name)


@pytest.mark.wall
@pytest.mark.parametrize("name", CASES)
def test_behind_the_wall_as_an_ordinary_user(ordinary, name):
    assert not ordinary[name]


@pytest.mark.wall
@pytest.mark.parametrize("name", sorted(CASES_WITHOUT_WALL))
def test_without_a_wall(bare, name):
    assert not failure(bare, name)


def test_the_suite_is_large_and_names_behaviours():
    assert len(CASES) >= 45
    assert len(CASES_WITHOUT_WALL) < len(CASES)
    assert all(name.islower() and name.isidentifier() and name.count("_") >= 1 for name in CASES)


@pytest.mark.skipif(os.geteuid() != 0, reason="the guard is about root")
def test_no_deed_is_done_without_a_wall(bare):
    """As root beside the grader, every case that needs a wall refuses before it does anything."""
    for name in ("processes_are_bounded", "killing_everyone_costs_one_observation", "too_large_a_file_is_an_exception"):
        assert "behind a wall only" in failure(bare, name), name
    assert "SandboxUnavailable" in failure(bare, "two_guests_at_once_are_apart")


def test_the_driver_refuses_before_it_runs_anything(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    ran: list[int] = []
    with pytest.raises(PermissionError, match="behind a wall only"):
        conformance_guest.deed(None, "given.append(1)", ran)
    assert not ran


@pytest.mark.wall
@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        ("--remount-ro", "only_scratch_is_writable"),
        ("--unshare-pid", "other_processes_are_not_seen"),
        ("memory", "too_large_a_list_is_memory"),
        ("processes", "processes_are_bounded"),
        ("preload", "a_broken_preload_is_ours"),
    ],
)
def test_a_wall_with_a_hole_does_not_pass(wall, monkeypatch, spoil, name):
    """A suite that cannot fail proves nothing."""
    real, settings = bubblewrap.arguments, bubblewrap.settings_for

    def without(policy, places, filter_fd):
        options = real(policy, places, filter_fd)
        takes = 2 if spoil == "--remount-ro" else 1
        while spoil in options:
            at = options.index(spoil)
            del options[at : at + takes]
        return [option for option in options if spoil != "--unshare-pid" or option != "--as-pid-1"]

    def looser(*arguments, **named):
        made = json.loads(settings(*arguments, **named))
        made["limits"][spoil] = 0
        made["preload"] = []
        return json.dumps(made)

    monkeypatch.setattr(bubblewrap, "arguments", without)
    if not spoil.startswith("--"):
        monkeypatch.setattr(bubblewrap, "settings_for", looser)
    assert check(Bubblewrap(), [name])[name]


def test_the_command_says_what_failed_as_json(capsys):
    assert conformance.main(["none", "an_object_is_no_answer"]) == 0
    assert json.loads(capsys.readouterr().out) == {"an_object_is_no_answer": ""}
