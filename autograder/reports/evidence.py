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
"""Faults that an honest mistake seldom is, in words. An exception is not one of them."""
LOG_LINES = 6


def evidence(run: Run | None) -> tuple[str, ...]:
    """One line for each observation that ended oddly, then the end of what the code printed; empty where nothing is odd."""
    if run is None:
        return ()
    odd = {name: answer for name, answer in run.answers.items() if answer.fault in TELLING}
    told = [f"{name}: {TELLING[answer.fault]}: {line(answer.text)}" for name, answer in odd.items()]
    if not odd and not run.problems:
        return ()
    printed = [row for row in clean(run.log[-4000:]).split("\n") if row.strip()][-LOG_LINES:]
    return (*told, *(f"printed: {line(row, 160)}" for row in printed))
