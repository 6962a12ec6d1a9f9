"""The whole flow on the toy course, through the command line: a class goes in, scores and pages come out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support import RIGHT, ROOT, TOY

WRONG = RIGHT.replace("return sum(numbers) / len(numbers)", "return sum(numbers)")
CLASS = {
    "ada": RIGHT,
    "bob": WRONG,
    "eve": "import os\nprint('PASSED')\nos._exit(0)\n",
    "loop": RIGHT.replace("centre =", "while True: pass\n    centre ="),
    "broken": "def mean(:\n",
    "stub": (Path(__file__).parent / "course/assignments/toy/handout/toy.py").read_text(),
}
EXPECTED = {
    "ada": 100,
    "bob": 60,
    "eve": 0,
    "loop": 40,
    "broken": 0,
    "stub": 0,
    "zipped": 100,
    "latin": 0,
    "empty": 0,
    "badbook": 0,
}


def make_class(folder: Path) -> Path:
    for student, text in CLASS.items():
        (folder / student).mkdir(parents=True)
        (folder / student / "toy.py").write_text(text)
    with zipfile.ZipFile(folder / "zipped.zip", "w") as archive:
        archive.writestr("work/toy.py", RIGHT)
        archive.writestr("../toy.py", WRONG)
    (folder / "latin").mkdir()
    (folder / "latin" / "toy.py").write_bytes(RIGHT.encode() + b"# \xe9\xff\n")
    (folder / "empty").mkdir()
    (folder / "badbook").mkdir()
    (folder / "badbook" / "toy.ipynb").write_text('{"cells": [')
    return folder


@pytest.fixture(scope="module")
def graded(tmp_path_factory, wall):
    """The class, graded once for all tests of this file."""
    base = tmp_path_factory.mktemp("flow")
    course = Path(shutil.copytree(TOY, base / "course", ignore=shutil.ignore_patterns(".autograder", "__pycache__")))
    make_class(base / "class")
    command = [sys.executable, "-m", "autograder", "grade", base / "class", "--assignment", "toy", "--out", base / "out"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CANARY_IN_ENVIRONMENT": "hush-hush-canary"}
    done = subprocess.run(list(map(str, command)), cwd=course, env=environment, capture_output=True, text=True, timeout=600)
    return base, done


def results(folder: Path) -> dict[str, dict]:
    return {result["student"]: result for result in json.loads((folder / "results.json").read_text())}


def test_every_student_gets_the_score_of_the_work(graded):
    base, done = graded
    assert done.returncode == 0, done.stderr
    assert {name: result["score"] for name, result in results(base / "out").items()} == EXPECTED


def test_each_check_says_what_was_expected_and_what_came(graded):
    checks = {check["id"]: check for check in results(graded[0] / "out")["bob"]["checks"]}
    assert checks["check_mean"]["status"] == "failed"
    assert "mean(numbers): expected" in checks["check_mean"]["message"]
    assert "that is the sum" in checks["check_mean"]["message"]
    assert checks["check_spread_value"]["status"] == "passed"


def test_a_loop_costs_only_the_checks_that_need_it(graded):
    checks = {check["id"]: check["status"] for check in results(graded[0] / "out")["loop"]["checks"]}
    assert checks == {"check_mean": "passed", "check_spread_value": "error", "check_spread_ignores_a_shift": "error"}


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ("broken", "SyntaxError in toy.py, line 1"),
        ("latin", "is not UTF-8 text"),
        ("empty", "toy.py is missing"),
        ("badbook", "cannot be imported"),
        ("zipped", "leads out of it"),
        ("eve", "ended the process"),
    ],
)
def test_what_needs_a_look_is_listed_with_a_sentence(graded, student, words):
    base, _ = graded
    assert any(words in sentence for sentence in results(base / "out")[student]["attention"])
    assert words.split(",")[0] in (base / "out" / "index.html").read_text()
    assert words.split(",")[0] in (base / "out" / student / "feedback.md").read_text()


def test_nothing_of_ours_shows_in_what_students_read(graded):
    base, _ = graded
    for student in EXPECTED:
        for page in ("feedback.html", "feedback.md"):
            text = (base / "out" / student / page).read_text()
            assert str(base) not in text
            assert "Traceback" not in text
            assert "/sub" not in text
            assert "hush-hush-canary" not in text


def test_hidden_lines_show_no_message(graded):
    base, _ = graded
    hidden = next(c for c in results(base / "out")["loop"]["checks"] if c["visibility"] == "hidden")
    assert hidden["message"]
    page = (base / "out" / "loop" / "feedback.md").read_text()
    assert hidden["title"] in page
    assert page.count("did not finish") == 1  # the visible line alone


def test_grading_again_gives_the_same_scores_and_seeds(graded, cli):
    base, _ = graded
    again = cli("grade", base / "class", "--assignment", "toy", "--out", base / "again", "--jobs", 1, cwd=base / "course")
    assert again.returncode == 0, again.stderr

    def without_times(folder):
        found = results(folder)
        for result in found.values():
            for check in result["checks"]:
                check["seconds"] = 0
        return found

    assert without_times(base / "again") == without_times(base / "out")


def test_rescore_changes_nothing_when_nothing_changed(graded, cli):
    base, _ = graded
    before = (base / "out" / "results.json").read_bytes()
    done = cli("rescore", base / "out", cwd=base / "course")
    assert done.returncode == 0, done.stderr
    assert "nothing moved" in done.stdout
    assert (base / "out" / "results.json").read_bytes() == before


def test_rescore_says_who_moved_and_needs_no_student_code(graded, cli, tmp_path):
    base, _ = graded
    course, out = (
        Path(shutil.copytree(base / "course", tmp_path / "course")),
        Path(shutil.copytree(base / "out", tmp_path / "out")),
    )
    checks = course / "assignments/toy/checks_visible.py"
    checks.write_text(checks.read_text().replace("same(mean, sum(numbers)", "same(mean, 2 * sum(numbers)"))
    environment = {"PATH": "/nowhere"}  # no bubblewrap to be found: rescore does not ask for it
    dry = cli("rescore", out, "--dry-run", cwd=course, env=environment)
    assert "ada" in dry.stdout and "check_mean" in dry.stdout
    assert results(out)["ada"]["score"] == 100
    assert cli("rescore", out, cwd=course, env=environment).returncode == 0
    assert results(out)["ada"]["score"] == 60
    assert results(out)["eve"]["score"] == 0
    assert "60" in (out / "ada" / "feedback.md").read_text()


def test_a_fault_of_a_check_is_never_a_grade(graded, cli, tmp_path):
    base, _ = graded
    course, out = (
        Path(shutil.copytree(base / "course", tmp_path / "course")),
        Path(shutil.copytree(base / "out", tmp_path / "out")),
    )
    checks = course / "assignments/toy/checks_hidden.py"
    checks.write_text(checks.read_text().replace("    same(", "    1 / 0\n    same("))
    done = cli("rescore", out, cwd=course)
    assert done.returncode == 3
    ada = results(out)["ada"]
    assert (ada["status"], ada["score"]) == ("ungraded", None)
    assert "ZeroDivisionError" in ada["reason"]


def test_stored_values_hold_no_pickle(graded):
    stored = list((graded[0] / "out" / "ada" / "observations").iterdir())
    assert sorted(path.name for path in stored) == ["run.json", "tensors.safetensors"]


def test_two_submissions_of_one_student_are_refused_by_name(graded, cli, tmp_path):
    base, _ = graded
    folder = tmp_path / "class"
    (folder / "ada").mkdir(parents=True)
    (folder / "ada" / "toy.py").write_text(RIGHT)
    (folder / "bob.py").write_text(RIGHT)
    (folder / "Ada.py").write_text(RIGHT)
    (folder / "c\nd").mkdir()
    (folder / "c\nd" / "toy.py").write_text(RIGHT)
    done = cli("grade", folder, "--assignment", "toy", "--out", tmp_path / "out", cwd=base / "course")
    assert done.returncode == 3
    found = results(tmp_path / "out")
    assert found["bob"]["score"] == 100
    assert found["ada"]["status"] == "ungraded" and "2 submissions" in found["ada"]["reason"]
    assert found["c_d"]["status"] == "ungraded" and "cannot be a student's" in found["c_d"]["reason"]
    assert not (tmp_path / "out" / "c\nd").exists()
