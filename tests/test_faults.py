"""Faults of our own: a grader killed at any moment leaves nothing behind that the next one does not remove, and nothing wrong."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from support import RIGHT, ROOT

from autograder.sandbox.conformance import descendants, gone

pytestmark = pytest.mark.wall
KILLS = 4
"""Kills of one test run, half of them behind each start; each costs the start of torch. More by hand: AUTOGRADER_KILLS=200."""
STUDENTS = [f"student{number:02}" for number in range(30)]
WRONG = {student for number, student in enumerate(STUDENTS) if number % 3 == 1}


def grade(base: Path, course: Path, sandbox: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "autograder", "grade", base / "class", "--assignment", "toy", "--out", base / "out"]
    command += ["--jobs", 2, "--sandbox", sandbox]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(base / "tmp")}
    return subprocess.Popen(
        list(map(str, command)), cwd=course, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def killed(process: subprocess.Popen[str], after: float) -> bool:
    """Kill the grader; gives whether every process of its ended with it."""
    time.sleep(after)
    mine = descendants(process.pid)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return gone(mine, 10)


def leftovers(graders: list[int]) -> list[str]:
    """Control groups of these graders, and processes that are still in one."""
    names = [f"autograder-{pid}-" for pid in graders]
    groups = [str(path) for path in Path("/sys/fs/cgroup").glob("*/autograder-*") if path.name.startswith(tuple(names))]
    found = []
    for path in Path("/proc").glob("[0-9]*/cgroup"):
        try:
            text = path.read_text()
        except OSError:
            continue
        found += [f"process {path.parent.name}"] if any(name in text for name in names) else []
    return groups + found


def test_a_killed_grader_loses_nothing_and_leaves_nothing(toy_root, tmp_path, wall):
    for student in STUDENTS:
        (tmp_path / "class" / student).mkdir(parents=True)
        text = RIGHT if student not in WRONG else RIGHT.replace("return sum(numbers) / len(numbers)", "return sum(numbers)")
        (tmp_path / "class" / student / "toy.py").write_text(text)
    (tmp_path / "tmp").mkdir()
    rng, graders = random.Random(7), []
    points = {student: 60 if student in WRONG else 100 for student in STUDENTS}
    for number in range(int(os.environ.get("AUTOGRADER_KILLS", KILLS))):
        process = grade(tmp_path, toy_root, ("warm", "bubblewrap")[number % 2])
        graders.append(process.pid)
        assert killed(process, rng.uniform(0.2, 12.0))
        for result in (tmp_path / "out").glob("*/result.json"):
            assert json.loads(result.read_text())["score"] == points[result.parent.name], (
                "a result that is there is whole and right"
            )
    process = grade(tmp_path, toy_root, "warm")
    _, said = process.communicate(timeout=300)
    graders.append(process.pid)
    assert process.returncode == 0, said
    results = json.loads((tmp_path / "out/results.json").read_text())
    assert [(result["student"], result["score"]) for result in results] == sorted(points.items())
    stages = list((tmp_path / "tmp").glob("autograder-*/*/*"))
    assert stages == [] and leftovers(graders) == []
    assert not [path for path in (tmp_path / "out").rglob(".*") if path.is_file()]


def test_a_judge_that_cannot_run_leaves_everything_ungraded(toy, monkeypatch, wall):
    from autograder import grade as grading
    from autograder.judge import JudgeError
    from autograder.observe import Run

    def broken(*_, **__):
        raise JudgeError("pytest ended with INTERNAL_ERROR")

    monkeypatch.setattr(grading, "judge", broken)
    run = Run("ada", "toy", "", toy.assignment.version, "", {}, {})
    (verdict,) = grading.judged([run], toy)
    assert "INTERNAL_ERROR" in verdict.fault and verdict.results == {}


def test_a_wall_that_dies_at_start_is_ours(toy, tmp_path):
    from autograder.errors import SandboxUnavailable
    from autograder.grade import observed
    from autograder.sandbox.contract import Proof
    from autograder.submission import Found

    class Dying:
        name = "dying"
        starts = 0

        def prove(self):
            return Proof("dying", "1")

        def start(self, stage, policy):
            self.starts += 1
            raise SandboxUnavailable("the guest did not come up")

    (tmp_path / "ada").mkdir()
    (tmp_path / "ada/toy.py").write_text(RIGHT)
    dying = Dying()
    ((run,),) = list(observed([Found("ada", tmp_path / "ada")], toy, dying, 1))
    assert run.fault == "the guest did not come up" and dying.starts == 2


def test_somebody_elses_stage_folder_is_not_used(monkeypatch, tmp_path):
    from autograder.stage import StageError, own_folder

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / f"autograder-{os.getuid()}").symlink_to("/etc")
    with pytest.raises(StageError, match="belongs to somebody else"):
        own_folder()
