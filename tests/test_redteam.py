"""The red team: attacks on score, key, host, archive reader and metric get nothing, and everyone else is graded as if alone."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
import redteam
from redteam_class import BARE, GROUPS, attacks, beside, guard_of
from redteam_rows import NOT_HERE, ROWS
from redteam_table import fell
from support import ROOT

ATTACKS = attacks()
IDS = [f"{attack.group}/{attack.deed}" for attack in ATTACKS]


def test_there_are_enough_attacks_of_every_kind():
    assert len(ATTACKS) >= 60
    assert sum(attack.naive for attack in ATTACKS) >= 12
    for group in GROUPS:
        assert sum(attack.group == group for attack in ATTACKS) >= 10, group
    assert len({attack.student for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=IDS)
def test_an_attack_refuses_to_run_bare(attack, tmp_path):
    done = subprocess.run([sys.executable, "-I", "-S", "-B", attack.path], cwd=tmp_path, capture_output=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (BARE, b"", b"")
    assert not list(tmp_path.iterdir())


def test_all_guards_are_the_same_and_come_before_the_deed():
    assert len({guard_of(attack.path) for attack in ATTACKS if not attack.builder}) == 1
    for attack in ATTACKS:
        lines = attack.path.read_text().split('"""', 2)[2].strip().splitlines()
        assert lines[0] == "# ruff: noqa", attack.deed


def test_files_that_come_along_are_guarded_too():
    brought = {name: text for attack in ATTACKS for name, text in beside(attack.path).items()}
    assert brought
    for name, text in brought.items():
        if name.endswith(".py"):
            assert text.startswith("# ruff: noqa\ntry:") and "raise SystemExit(77)" in text, name


@pytest.mark.parametrize("attack", [attack for attack in ATTACKS if attack.builder], ids=lambda attack: attack.deed)
def test_importing_a_builder_does_nothing(attack, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location("builder", attack.path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert callable(module.build)
    assert not list(tmp_path.iterdir())


def test_every_known_kind_of_attack_is_shown_or_has_a_reason():
    shown = {row for attack in ATTACKS for row in attack.rows}
    assert ROWS - shown - set(NOT_HERE) == set()
    assert not shown & set(NOT_HERE)


def test_the_document_names_every_attack():
    text = (ROOT / "docs/redteam.md").read_text()
    assert [attack.deed for attack in ATTACKS if f"| {attack.deed.replace('_', ' ')} |" not in text] == []


def test_the_naive_grader_s_verdict_is_read_in_three_ways():
    from redteam_naive import read

    def said(text, junit, status):
        return f"\n=== naive text\n{text}\n=== naive junit\n{junit}\n=== naive exit {status}\n"

    right = '<testsuite errors="0" failures="0" tests="3">'
    assert read(said("3 passed", right, 0)) == {"exit", "junit", "text"}
    assert read(said("1 failed, 2 passed", right.replace('failures="0"', 'failures="1"'), 1)) == set()
    assert read(said("", "", 0)) == {"exit"}
    assert read(said("", "", 0) + "head: cannot open '/tmp/report.xml' for reading\n") == {"exit"}
    assert read(said("", "", 10)) == set()
    assert read("") == set()


@pytest.fixture(scope="session")
def report(wall, tmp_path_factory):
    """Every attack behind the wall of record, in the laboratory where there is one; `make redteam` takes all walls that hold here."""
    file = tmp_path_factory.mktemp("redteam") / "report.json"
    command = [sys.executable, "-B", Path(redteam.__file__), "--walls", "bubblewrap", "--json", file]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=3000)
    assert file.exists(), done.stderr[-2000:]
    return json.loads(file.read_text())


@pytest.mark.wall
@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS, ids=IDS)
def test_an_attack_gets_nothing(report, attack):
    found = next(each for each in report["attacks"] if each["deed"] == attack.deed)
    assert fell(found) == []
    assert all((outcome["score"] or 0) <= attack.earns for outcome in found["walls"].values())


@pytest.mark.wall
@pytest.mark.slow
@pytest.mark.parametrize("attack", [attack for attack in ATTACKS if attack.naive], ids=lambda attack: attack.deed)
def test_an_attack_that_forges_is_real(report, attack):
    """It wins where tests and student share a process."""
    assert next(each for each in report["attacks"] if each["deed"] == attack.deed)["naive"]


@pytest.mark.wall
@pytest.mark.slow
def test_the_naive_grader_is_right_about_honest_work(report):
    assert report["control"]["twins"] == {"honest": ["exit", "junit", "text"], "honest-wrong": []}
    assert report["control"]["trouble"] == []


@pytest.mark.wall
@pytest.mark.slow
def test_the_class_and_the_machine_are_as_if_nobody_had_attacked(report):
    """Honest twins have their points; no process, mount, file or socket is left; nobody called; nothing secret was written."""
    (found,) = report["walls"]
    assert not found["skipped"] and found["class"] == []
