"""A warm start is quicker, and that is all: the same class gets the same scores, messages and observed values as from a plain one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import test_warm
import yaml
from support import ROOT
from test_flow import EXPECTED, make_class

from autograder.grade import grade
from autograder.sandbox.bubblewrap import Bubblewrap
from autograder.sandbox.conformance_cases import same

pytestmark = [pytest.mark.wall, pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")]
wall = test_warm.wall


def graded(folder: Path, prepared, box, jobs: int) -> tuple[dict, dict]:
    """(all that a score holds, all that was observed) by student; without seconds, and without the name of the wall."""
    runs = {}

    def record(score, run):
        if run is not None:
            runs[score.student] = ({name: (a.value, a.fault, a.text) for name, a in run.answers.items()}, run.log, run.inputs)
        return score

    found = {}
    for score in grade(folder, prepared, box, record, jobs=jobs):
        found[score.student] = {**score.as_json(), "wall": ""}
        for check in found[score.student]["checks"]:
            check["seconds"] = 0
    return found, runs


def test_the_same_class_gets_the_same_results_warm_and_plain(toy, tmp_path, wall):
    make_class(tmp_path / "class")
    warm, warm_runs = graded(tmp_path / "class", toy, wall, 4)
    plain, plain_runs = graded(tmp_path / "class", toy, Bubblewrap(), 2)
    assert {name: score["score"] for name, score in warm.items()} == EXPECTED
    assert warm == plain
    assert warm_runs.keys() == plain_runs.keys() and len(warm_runs) >= 8
    assert all(same(warm_runs[name], plain_runs[name]) for name in warm_runs)


@pytest.mark.slow
def test_real_submissions_get_the_same_results_warm_and_plain(course_of, tmp_path, wall):
    """A right one, and a wrong one with a message."""
    expected = yaml.safe_load((ROOT / "examples/expected.yaml").read_text())["vae"]
    for student in ("ada", "carl"):
        shutil.copytree(ROOT / "examples/class" / student, tmp_path / "class" / student)
    results = [graded(tmp_path / "class", course_of("vae"), box, 2) for box in (wall, Bubblewrap())]
    for scores, _ in results:
        assert {name: score["score"] for name, score in scores.items()} == {name: expected[name]["score"] for name in scores}
        assert expected["carl"]["says"] in str(scores["carl"])
    (warm, warm_runs), (plain, plain_runs) = results
    assert len(warm) == 2 and warm == plain
    assert all(same(warm_runs[name], plain_runs[name]) for name in warm_runs)
