"""Rescore: judge stored observations again. Runs no student code and needs no GPU.

Takes a result folder; gives the new scores and what moved, and why, before anything is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.grade import Prepared, judged
from autograder.observe import Run
from autograder.reports.results_json import read_results
from autograder.reports.view import Moved
from autograder.score import Score, scored
from autograder.store import load_run
from autograder.submission import Refused


@dataclass(frozen=True, slots=True)
class Rescored:
    """The outcome of judging again; nothing has been written yet."""

    scores: tuple[tuple[Score, Run | None], ...]
    moved: tuple[Moved, ...]


def former_results(folder: Path) -> list[dict[str, Any]]:
    """results.json of an earlier grading."""
    path = folder / "results.json"
    if not path.is_file():
        raise CourseError(f"{folder}: no results.json", hint="name the folder that `autograder grade --out` wrote")
    return read_results(path)


def slug_of(former: Sequence[dict[str, Any]], folder: Path) -> str:
    """The one assignment that this folder holds results of."""
    slugs = sorted({str(result["assignment"]) for result in former})
    if len(slugs) != 1:
        raise CourseError(f"{folder}: results of {len(slugs)} assignments, expected one")
    return slugs[0]


def rescore(folder: Path, former: Sequence[dict[str, Any]], prepared: Prepared) -> Rescored:
    """Judge every stored run with the checks as they are now."""
    before = {str(result["student"]): result for result in former}
    stored = {name: folder / name / "observations" for name in before}
    runs = {name: load_run(place) for name, place in stored.items() if (place / "run.json").is_file()}
    verdicts = judged(list(runs.values()), prepared)
    again = {
        name: scored(run, verdict, prepared.rubric, **{key: int(before[name][key]) for key in ("late_seconds", "penalty")})
        for (name, run), verdict in zip(runs.items(), verdicts, strict=True)
    }
    scores: list[tuple[Score, Run | None]] = [(score, runs[name]) for name, score in again.items()]
    for name, result in before.items():
        if name not in again:  # was never observed: it stays as it was
            scores.append((_kept(Refused(name, str(result["reason"])), result, prepared), None))
    moved = [row for name in sorted(again) for row in _moved(before[name], again[name])]
    return Rescored(tuple(sorted(scores, key=lambda pair: pair[0].student)), tuple(moved))


def _kept(refused: Refused, former: dict[str, Any], prepared: Prepared) -> Score:
    from autograder.score import refused_score

    score = refused_score(refused, prepared.assignment, prepared.rubric)
    if former["status"] == "graded":
        raise CourseError(f"{refused.name}: graded before, but its observations are gone", hint="grade it again")
    return score


def _moved(before: dict[str, Any], after: Score) -> list[Moved]:
    """One row for each check whose outcome is not what it was."""
    former = {str(check["id"]): check for check in before["checks"]}
    now = {result.line.id: result for result in after.checks}
    score = before["score"]
    rows = []
    for name in [*former, *(name for name in now if name not in former)]:
        was = former.get(name, {"status": "not there", "points": 0, "message": "", "max_points": 0})
        result = now.get(name)
        status, points = (str(result.status), result.points) if result is not None else ("gone", 0)
        worth = result.line.points if result is not None else 0
        if (was["status"], was["points"], was["max_points"]) != (status, points, worth):
            message = (result.message if result is not None else "") or str(was["message"])
            reason = f"{was['status']} ({was['points']}/{was['max_points']}) -> {status} ({points}/{worth})"
            rows.append(Moved(after.student, score, after.score, name, f"{reason}: {message}" if message else reason))
    if not rows and (score != after.score or (before["status"] == "graded") != after.graded):
        rows.append(Moved(after.student, score, after.score, "", after.reason or "graded now"))
    return rows
