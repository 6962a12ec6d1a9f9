"""results.json and grades.csv: valid, whole, the same bytes for the same scores, and no formula."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_reports_sample import LINES, score, scores

from autograder.errors import AutograderError
from autograder.outcome import CheckResult, Status
from autograder.reports.grades_csv import TRIGGERS, guard, unguard, write_grades
from autograder.reports.results_json import read_results, write_results

Break = Callable[[dict[str, Any]], object]


def test_results_come_back_sorted_and_the_same(tmp_path: Path) -> None:
    write_results(reversed(scores()), tmp_path / "a.json")
    write_results(scores(), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert read_results(tmp_path / "a.json") == [s.as_json() for s in scores()]
    assert sorted(os.listdir(tmp_path)) == ["a.json", "b.json"]


def test_nothing_is_a_result_too(tmp_path: Path) -> None:
    write_results([], tmp_path / "r.json")
    assert read_results(tmp_path / "r.json") == []


def test_text_is_cleaned_and_not_a_number_becomes_null(tmp_path: Path) -> None:
    result = CheckResult(LINES[0], Status.FAILED, "\x1b[31mred\ud800\0" + "x" * 1_000_000, value=float("nan"))
    write_results([replace(score("anna"), checks=(result,))], tmp_path / "r.json")
    check = read_results(tmp_path / "r.json")[0]["checks"][0]
    assert check["value"] is None and check["message"].startswith("redxxx") and len(check["message"]) <= 2_000


BROKEN: dict[str, tuple[Break, str]] = {
    "zero for ungraded": (lambda r: r.update(status="ungraded", reason="x", raw_score=None, checks=[]), "expected null, got "),
    "no score though graded": (lambda r: r.update(score=None), "score: expected integer, got null"),
    "reason though graded": (lambda r: r.update(reason="x"), 'reason: expected "", got "x"'),
    "points without a pass": (lambda r: r["checks"][0].update(status="failed"), "checks[0].points: expected 0, got 4"),
    "unknown status": (lambda r: r["checks"][0].update(status="ok"), "expected one of passed, failed, error, skipped"),
    "unknown visibility": (lambda r: r["checks"][0].update(visibility="secret"), "expected one of visible, hidden"),
    "float points": (lambda r: r.update(score=97.5), "score: expected integer or null, got 97.5"),
    "negative": (lambda r: r.update(late_seconds=-1), "late_seconds: expected minimum 0, got -1"),
    "text for a number": (lambda r: r.update(max_score="100"), 'max_score: expected integer, got "100"'),
    "missing field": (lambda r: r.pop("digest"), "expected the field digest, got an object without it"),
    "more fields": (lambda r: r.update(grade="A"), "got grade"),
    "more fields in a check": (lambda r: r["checks"][0].update(trace="x"), "checks[0]: expected no other field than id, "),
    "id that is no name": (lambda r: r["checks"][0].update(id="=x()"), "checks[0].id: expected pattern"),
}


@pytest.mark.parametrize(("break_it", "says"), BROKEN.values(), ids=BROKEN.keys())
def test_the_schema_refuses(tmp_path: Path, break_it: Break, says: str) -> None:
    results = [score("anna", 0.0).as_json(), score("bela", 0.0).as_json()]
    break_it(results[1])
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results))
    with pytest.raises(AutograderError) as caught:
        read_results(path)
    assert f"{path}: results[1]" in str(caught.value) and says in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "expected JSON"),
        ("[NaN]", "NaN is not a JSON number"),
        ("{}", "results: expected array"),
        ("[" * 100_000, "expected JSON"),
    ],
    ids=["empty", "nan", "object", "deep"],
)
def test_what_is_no_results_file_is_named(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "results.json").write_text(content)
    with pytest.raises(AutograderError, match=r"results\.json") as caught:
        read_results(tmp_path / "results.json")
    assert says in str(caught.value)
    with pytest.raises(AutograderError, match="got nothing there"):
        read_results(tmp_path / "nowhere.json")


def test_what_is_not_valid_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_results([score("anna")], path)
    before = path.read_bytes()
    with pytest.raises(AutograderError, match=r"late_seconds: expected minimum 0"):
        write_results([replace(score("anna"), late_seconds=-5)], path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["results.json"]


def test_a_failing_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "results.json"
    write_results([score("anna")], path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        write_results(scores(), path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["results.json"]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_grades_come_back(tmp_path: Path) -> None:
    write_grades(reversed(scores()), tmp_path / "grades.csv")
    rows = table(tmp_path / "grades.csv")
    assert [row["student"] for row in rows] == [s.student for s in scores()]
    for row, was in zip(rows, scores(), strict=True):
        points = [row[line.id] for line in LINES]
        if was.graded:
            assert int(row["score"]) == was.score and int(row["raw_score"]) == sum(map(int, points)) == was.raw_score
            assert row["attention"] == "; ".join(was.attention)
        else:
            assert {row["score"], row["raw_score"], *points} == {""} and row["status"] == "ungraded"
            assert row["attention"] == f"not graded: {was.reason}"
    head = (tmp_path / "grades.csv").read_bytes().decode().split("\r\n")[0].split(",")
    assert head[:7] == ["student", "assignment", "status", "score", "raw_score", "max_score", "late_seconds"]
    assert head[-1] == "attention"


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", ' "=1', "\u202e=1"]
)
def test_no_cell_becomes_a_formula(tmp_path: Path, text: str) -> None:
    mine = replace(score("anna"), student=text, assignment=text, attention=(text, 'with "quotes", commas\nand lines'))
    write_grades([mine], tmp_path / "grades.csv")
    (row,) = table(tmp_path / "grades.csv")
    assert not [cell for cell in row.values() if cell.startswith(TRIGGERS)]
    assert unguard(row["attention"]).endswith('with "quotes", commas and lines')


@given(st.text(st.characters(), max_size=30))
def test_guard_is_undone_by_unguard(text: str) -> None:
    assert not guard(text).startswith(TRIGGERS)
    if not text.startswith("'"):
        assert unguard(guard(text)) == text
