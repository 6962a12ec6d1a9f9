"""Evidence: what a submission's code did instead of answering, for the instructor's page alone.

Takes a run; gives cleaned lines. Must never reach a student: it names hidden observations, in words that student code chose.
"""

from __future__ import annotations

from autograder.observe import Run
from autograder.reports.clean import clean, line

TELLING = {
    "crash": "ended its process or broke the protocol", "answer": "answered with what is no answer",
    "memory": "went beyond its memory", "time": "did not answer in time",
}  # fmt: skip
HOSTILE = ("crash", "answer")
"""Faults that an honest mistake seldom is; an endless loop or a huge tensor often is one, and an exception nearly always."""
LOG_LINES = 6


def evidence(run: Run | None) -> tuple[str, ...]:
    """What ended oddly, and the end of what the code printed; empty where nothing looks like more than a mistake."""
    if run is None or not any(answer.fault in HOSTILE for answer in run.answers.values()):
        return ()
    told: dict[str, list[str]] = {}
    for name, answer in run.answers.items():
        if answer.fault in TELLING:
            told.setdefault(f"{TELLING[answer.fault]}: {line(answer.text)}", []).append(name)
    printed = [row for row in clean(run.log[-4000:]).split("\n") if row.strip()][-LOG_LINES:]
    return (*(f"{_some(names)}: {how}" for how, names in told.items()), *(f"printed: {line(row, 160)}" for row in printed))


def _some(names: list[str]) -> str:
    """The first few, so that what happened is not cut off behind them."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
