"""A score depends on the submission alone: not on how many are graded at once, nor on what else the machine does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import ROOT

from autograder.verify.wrong import mutants, reference, starter

SLUG = "dcgan"
"""Trains in the guest, and is scored by statistics of images: the assignment in which the last bits could matter most."""
MUTANT = "generator_with_sigmoid"


def graded(folder: Path, jobs: int, out: Path) -> dict[str, dict]:
    command = [sys.executable, "-m", "autograder", "grade", folder, "--assignment", SLUG, "--jobs", jobs, "--sandbox", "warm"]
    command += ["--accept-degraded", "W6", "--accept-degraded", "W10", "--out", out]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(list(map(str, command)), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    results = {result["student"]: result for result in json.loads((out / "results.json").read_text())}
    for result in results.values():
        for line in result["checks"]:
            del line["seconds"]
    return results


@contextmanager
def load() -> Iterator[None]:
    """One busy process more than there are processors."""
    count = (os.cpu_count() or 1) + 1
    busy = [subprocess.Popen([sys.executable, "-c", "while True: sum(range(10**6))"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


@pytest.mark.slow
@pytest.mark.wall
def test_the_same_score_on_one_worker_and_on_four_under_load(tmp_path, course_of, wall):
    assignment = course_of(SLUG).assignment
    (wrong,) = [submission for mutant, submission in mutants(assignment) if mutant.name == MUTANT]
    right = reference(assignment)
    for student, submission in (("right", right), ("wrong", wrong), ("again", right), ("empty", starter(assignment))):
        (tmp_path / "class" / student).mkdir(parents=True)
        for name, content in submission.files.items():
            (tmp_path / "class" / student / name).write_bytes(content)
    alone = graded(tmp_path / "class", 1, tmp_path / "one")
    with load():
        crowded = graded(tmp_path / "class", 4, tmp_path / "four")
    assert alone["right"]["score"] == 100 > alone["wrong"]["score"] > alone["empty"]["score"] == 0
    assert alone["again"]["checks"] == alone["right"]["checks"]
    assert crowded == alone  # every verdict, point and measured value
