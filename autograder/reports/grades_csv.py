"""`grades.csv`: one line per submission, one column per check, for spreadsheets (RFC 4180, UTF-8).

A cell that a student could influence never starts a formula (quoting alone does not stop a spreadsheet). An ungraded
submission has empty cells where numbers would stand, never 0.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from autograder.files import write_whole
from autograder.reports.clean import line
from autograder.score import Score

TRIGGERS = tuple("=+-@\t\r\n\0")
FIRST = ("student", "assignment", "status", "score", "raw_score", "max_score", "late_seconds")
LAST = ("attention",)


def guard(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(TRIGGERS) else text


def unguard(cell: str) -> str:
    """The text that `guard` was given."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(TRIGGERS) else cell


def write_grades(scores: Iterable[Score], path: Path) -> None:
    """Sorted by student; whole or not at all."""
    ordered = sorted(scores, key=lambda score: (score.student, score.assignment, score.digest))
    checks = tuple(dict.fromkeys(result.line.id for score in ordered for result in score.checks))
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([*FIRST, *checks, *LAST])
    for score in ordered:
        writer.writerow(_cells(score, checks))
    write_whole(path, sheet.getvalue().encode())


def _cells(score: Score, checks: tuple[str, ...]) -> list[str | int]:
    points = {result.line.id: result.points for result in score.checks} if score.graded else {}
    said = (*score.attention, *(() if score.graded else (f"not graded: {score.reason}",)))
    return [
        _text(score.student), _text(score.assignment), "graded" if score.graded else "ungraded",
        _number(score.score), _number(score.raw_score), score.max_score, score.late_seconds,
        *(_number(points.get(check)) for check in checks), _text("; ".join(said), 2_000),
    ]  # fmt: skip


def _text(text: str, limit: int = 200) -> str:
    return guard(line(text, limit))


def _number(value: int | None) -> str | int:
    return "" if value is None else value
