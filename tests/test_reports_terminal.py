"""The tables of the command line: readable without colour, complete, and silent about hidden messages."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console, RenderableType
from test_reports_sample import FAILURES, LINES, TASKS, score, scores

from autograder.outcome import CheckResult, Status
from autograder.reports.terminal import check_table, class_table, moved_table
from autograder.reports.view import Moved


def shown(table: RenderableType, *, width: int = 120, terminal: bool = False) -> str:
    screen = io.StringIO()
    Console(file=screen, width=width, force_terminal=terminal, color_system="standard" if terminal else None).print(table)
    return screen.getvalue()


def test_the_class_has_a_line_each_with_marks() -> None:
    text = shown(class_table(scores()), width=160)
    row = next(row for row in text.splitlines() if "bence.kovacs" in row)
    assert "74/100" in row and "✗" in row and "✓✓" in row
    assert "ungraded" in next(row for row in text.splitlines() if "lena.hoffmann" in row)
    assert "not graded: the sandbox" in text and "2 h 15 min" in text and "✓ passed  ✗ failed  ! error  - skipped" in text


def test_colour_only_where_a_terminal_is() -> None:
    assert "\x1b[" not in shown(class_table(scores())) + shown(check_table(scores()[6].checks, TASKS))
    assert "\x1b[" in shown(check_table(scores()[6].checks, TASKS), terminal=True)


def test_checks_say_what_came_and_what_to_try() -> None:
    visible, hidden = LINES[0], LINES[1]
    results = [
        CheckResult(visible, Status.FAILED, FAILURES["encode_gives_mu"]),
        CheckResult(hidden, Status.FAILED, "canary-5150"),
        CheckResult(LINES[2], Status.ERROR, "canary-5150"),
        CheckResult(LINES[3], Status.SKIPPED, "no reparameterize in vae.py"),
        CheckResult(replace(LINES[4], level="training"), Status.PASSED),
    ]
    text = shown(check_table(results, TASKS))
    assert "TODO 1 · Encoder" in text and "0 of 11" in text
    assert "✗ encode gives mu" in text and "│ encode(images): expected (7, 20), got (7, 40)" in text and "│ hint: Two" in text
    assert "canary-5150" not in text and "(hidden)" in text
    assert "! Gradients" in text and "- z has the shape" in text and "✓ z is mu" in text


def test_a_wrapped_message_stays_behind_its_bar() -> None:
    text = shown(check_table([CheckResult(LINES[0], Status.FAILED, "word " * 80)], TASKS), width=50)
    rows = [row for row in text.splitlines() if "word" in row]
    assert len(rows) > 5 and all(row.startswith("    │ word") and len(row) <= 50 for row in rows)


def test_moved_says_who_from_what_to_what_and_why() -> None:
    text = shown(moved_table([Moved("zoe", None, 80, "", "graded now"), Moved("anna", 100, 93, "check_kl", "got scalar")]))
    assert text.index("anna") < text.index("zoe")
    row = next(row for row in text.splitlines() if "anna" in row)
    assert all(part in row for part in ("100", "93", "check_kl", "got scalar")) and "ungraded" in text
    assert shown(moved_table([])).strip() == "Nobody moved."


def test_an_empty_class_stands() -> None:
    assert "student" in shown(class_table([]))
    assert "late" not in shown(class_table([score("anna")]))
