"""The command line from the outside: bad input is a message with a path, what was expected and a hint; exit code 2; nothing half done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import RIGHT, ROOT


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A class of one right submission."""
    (tmp_path / "class/ada").mkdir(parents=True)
    (tmp_path / "class/ada/toy.py").write_text(RIGHT)
    return tmp_path / "class"


def refused(done, *words: str) -> None:
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr + done.stdout
    assert "error" in done.stderr
    flat = " ".join(done.stderr.split())
    for word in words:
        assert word in flat, (word, flat)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


AUTHOR_MISTAKES = [
    ("course.yaml", "title: A course", "titel: A course", ["course.yaml", "titel", "unknown key"]),
    ("course.yaml", "- slug: toy", "- slug: toy\n        weight: heavy", ["weight", "valid integer", "'heavy'"]),
    ("course.yaml", "chapters:", "chapters: [", ["course.yaml", "not valid YAML"]),
    ("course.yaml", "- slug: toy", "- slug: toy\n        due: 2027-01-01T00:00:00", ["due", "zone"]),
    ("assignments/toy/assignment.yaml", "minutes: 5", "minutes: soon", ["assignment.yaml", "minutes", "'soon'"]),
    ("assignments/toy/assignment.yaml", "chapter: warm_up\n", "", ["assignment.yaml", "chapter", "missing"]),
    ("assignments/toy/assignment.yaml", "memory_mb: 512", "memory_gb: 1", ["memory_gb", "unknown key"]),
    ("assignments/toy/assignment.yaml", "id: spread", "id: variance", ["task `spread`", "expected one of mean, variance"]),
    ("assignments/toy/driver.py", "def mean(", "def average(", ["mean"]),
    ("assignments/toy/driver.py", "-> float", "", ["driver.py", "no return annotation"]),
    ("assignments/toy/driver.py", "def mean(student, numbers)", "def mean(student, figures)", ["figures", "inputs.py"]),
    ("assignments/toy/driver.py", "def mean(", "def mean(:", ["driver.py", "cannot be read as Python"]),
    ("assignments/toy/inputs.py", "torch.randn(7", "torch.rand_n(7", ["inputs.py", "numbers", "rand_n"]),
    ("assignments/toy/checks_visible.py", "points=40", "points=41", ["points add up to 101", "expected 100"]),
    ("assignments/toy/checks_visible.py", "points=40", "points=-40", ["points", "-40"]),
    ("assignments/toy/checks_visible.py", 'hint="Divide the sum by the count."', 'hint=""', ["check_mean", "no hint"]),
    ("assignments/toy/checks_visible.py", "import same", "import sane", ["checks_visible.py", "sane"]),
    ("assignments/toy/checks_hidden.py", "def check_spread_value", "def spread_value", ["called check_"]),
]


@pytest.mark.parametrize(("file", "old", "new", "words"), AUTHOR_MISTAKES, ids=lambda value: str(value)[:40])
def test_an_authors_mistake_is_told_before_anything_is_done(command, toy_root, one, tmp_path, file, old, new, words):
    edit(toy_root / file, old, new)
    done = command("grade", one, "--assignment", "toy", "--out", tmp_path / "out", cwd=toy_root)
    refused(done, *words)
    assert not (tmp_path / "out").exists()


def test_a_check_that_reads_something_unknown_is_refused(command, toy_root, one, tmp_path):
    edit(toy_root / "assignments/toy/checks_hidden.py", "(spread, numbers)", "(spread, nombres)")
    refused(
        command("grade", one, "--assignment", "toy", "--out", tmp_path / "out", cwd=toy_root), "nombres", "check_spread_value"
    )
    assert not (tmp_path / "out").exists()


def test_a_line_without_a_calibration_record_is_not_graded_on(command, toy_root, one, tmp_path):
    edit(toy_root / "assignments/toy/checks_hidden.py", "(spread, numbers)", "(spread, numbers, limit)")
    done = command("grade", one, "--assignment", "toy", "--out", tmp_path / "out", cwd=toy_root)
    refused(done, "no threshold for check_spread_value", "embedded")


def test_an_unknown_slug_is_refused(command, toy_root, one, tmp_path):
    refused(command("grade", one, "--assignment", "tay", "--out", tmp_path / "out", cwd=toy_root), "`tay`", "expected one of toy")


def test_a_missing_or_empty_class_is_refused(command, toy_root, tmp_path):
    refused(command("grade", tmp_path / "nobody", "--assignment", "toy", "--out", tmp_path / "o", cwd=toy_root), "no such file")
    (tmp_path / "empty").mkdir()
    refused(
        command("grade", tmp_path / "empty", "--assignment", "toy", "--out", tmp_path / "o", cwd=toy_root),
        "no submission for `toy`",
    )


def test_a_folder_with_other_files_is_not_written_into(command, toy_root, one, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.tex").write_text("precious")
    refused(
        command("grade", one, "--assignment", "toy", "--out", tmp_path / "out", cwd=toy_root),
        "holds other files",
        "another --out",
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.tex"]


def test_an_out_that_is_a_file_is_refused(command, toy_root, one, tmp_path):
    (tmp_path / "out").write_text("")
    refused(command("grade", one, "--assignment", "toy", "--out", tmp_path / "out", cwd=toy_root), "cannot be written")


def test_outside_a_course_it_says_so(cli, tmp_path):
    done = cli("check", tmp_path, cwd=tmp_path)
    refused(done, "no assignment.yaml here or above", "folder of the handout")


def test_rescore_of_something_else_is_refused(command, toy_root, tmp_path):
    refused(command("rescore", tmp_path, cwd=toy_root), "no results.json")
    (tmp_path / "results.json").write_text('[{"student": 3}]')
    refused(command("rescore", tmp_path, cwd=toy_root), "results.json")


def test_new_refuses_a_bad_or_taken_slug(command, toy_root):
    for slug in ("Toy", "to-y", "../toy", "toy"):
        refused(command("new", slug, cwd=toy_root), "toy" if slug == "toy" else "")


def test_usage_errors_exit_with_2(cli, toy_root):
    assert cli("grade", cwd=toy_root).returncode == 2
    assert cli("no-such-command", cwd=toy_root).returncode == 2
    assert cli("grade", ".", "--assignment", "toy", "--out", "o", "--sandbox", "cardboard", cwd=toy_root).returncode == 2


@pytest.mark.parametrize("command", ["check", "grade", "rescore", "verify", "calibrate", "release", "new", "doctor"])
def test_every_command_explains_itself(cli, command):
    done = cli(command, "--help")
    assert done.returncode == 0
    assert len(done.stdout.split()) > 40


def test_no_colour_codes_when_not_on_a_terminal(cli, toy_root, one, tmp_path):
    done = cli("grade", one, "--assignment", "toy", "--out", tmp_path / "out", cwd=toy_root)
    assert "\x1b" not in done.stdout + done.stderr


def test_check_says_todo_by_todo_what_holds(cli, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    for file in (ROOT / "tests/course/assignments/toy/handout").iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    done = cli("check", folder, cwd=tmp_path)
    assert done.returncode == 1
    assert "TODO 1" in done.stdout and "TODO 2" in done.stdout and "not done yet" in done.stdout
    (folder / "toy.py").write_text(RIGHT)
    done = cli("check", folder, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["score"] == 60
    assert (folder / "check/feedback.html").exists()


def test_check_repeats_its_inputs_by_seed(cli, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    for file in (ROOT / "tests/course/assignments/toy/handout").iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    (folder / "toy.py").write_text(RIGHT.replace("return sum(numbers) / len(numbers)", "return sum(numbers)"))
    seed = json.loads(cli("check", folder, "--json", cwd=tmp_path).stdout)["seed"]
    messages = [
        [check["message"] for check in json.loads(cli("check", folder, "--json", "--seed", seed, cwd=tmp_path).stdout)["checks"]]
        for _ in range(2)
    ]
    assert messages[0] == messages[1]
    refused(cli("check", folder, "--seed", "zzz", cwd=tmp_path), "64 hexadecimal digits")


def test_doctor_tells_what_a_run_would_use(cli, toy_root):
    done = cli("doctor", "--json", cwd=toy_root)
    found = {entry["what"]: entry for entry in json.loads(done.stdout)}
    assert "training would use" in found["data set fashion_mnist"]["found"]
    assert {"python", "sandbox", "course", "gpu"} <= set(found)
    missing = cli("doctor", "--data", toy_root, cwd=toy_root)
    assert missing.returncode == 1 and "no train-images-idx3-ubyte" in missing.stdout


def test_the_secret_is_private_and_made_once(toy_root):
    from autograder.course import find_course

    course = find_course(toy_root)
    assert course.secret() == course.secret()
    assert (toy_root / ".autograder/secret").stat().st_mode & 0o077 == 0


FULL_DISK = """
set -e
mkdir -p "$1/disk"
mount -t tmpfs -o size=$2 tmpfs "$1/disk"
status=0
"$3" -m autograder grade "$1/class" --assignment toy --out "$1/disk/out" --jobs 1 || status=$?
cp -r "$1/disk/out" "$1/kept" 2>/dev/null || true
exit $status
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small tmpfs in a namespace of its own")
def test_a_disk_that_fills_up_midway_keeps_what_was_graded(toy_root, tmp_path, wall):
    edit(
        toy_root / "assignments/toy/inputs.py",
        "def numbers",
        "def ballast(rng):\n    return torch.randn(400_000, generator=rng)\n\n\ndef numbers",
    )
    edit(toy_root / "assignments/toy/driver.py", "def mean(student, numbers)", "def mean(student, numbers, ballast)")
    for student in ("ada", "bob", "cleo", "dan", "eve", "fay"):
        (tmp_path / "class" / student).mkdir(parents=True)
        (tmp_path / "class" / student / "toy.py").write_text(f"# {student}\n{RIGHT}")
    command = ["unshare", "--mount", "--propagation", "private", "bash", "-c", FULL_DISK, "-", tmp_path, "9m", sys.executable]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(list(map(str, command)), cwd=toy_root, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    results = {r["student"]: r for r in json.loads((tmp_path / "kept/results.json").read_text())}
    assert len(results) == 6
    graded = {name for name, result in results.items() if result["status"] == "graded"}
    assert graded and len(graded) < 6
    for name in results:
        if name in graded:
            assert results[name]["score"] == 100
            assert (tmp_path / "kept" / name / "result.json").exists()
        else:
            assert results[name]["score"] is None
            assert "No space left" in results[name]["reason"]
            assert not (tmp_path / "kept" / name).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small tmpfs in a namespace of its own")
def test_a_disk_that_is_full_at_the_start_is_refused(toy_root, one, tmp_path):
    command = ["unshare", "--mount", "--propagation", "private", "bash", "-c", FULL_DISK, "-", tmp_path, "1m", sys.executable]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(list(map(str, command)), cwd=toy_root, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2, done.stderr
    assert "cannot be written" in done.stderr and "room" in done.stderr
