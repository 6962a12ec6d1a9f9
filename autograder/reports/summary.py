"""What a class did, in numbers: distribution of scores and pass rate of each check.

Takes scores; ungraded ones are counted, never averaged. For instructors: a frequent failure message may be a hidden check's.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.checks import Line
from autograder.outcome import CheckResult, Status
from autograder.reports.clean import line
from autograder.reports.tasks import tally
from autograder.score import Score

BINS = 10
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Summary:
    """The class in six numbers."""

    graded: int
    ungraded: int
    mean: float | None
    """None when nobody is graded, like the other two."""
    median: float | None
    full_marks: int
    max_score: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Scores from `low` up to, but only in the last bin including, `high`."""

    low: int
    high: int
    count: int


@dataclass(frozen=True, slots=True)
class Rate:
    """One check over the class."""

    line: Line
    counts: dict[Status, int]
    total: int
    message: str
    """The most frequent message of those that failed, as one of them got it; empty when there is none."""
    repeats: int
    """How many got that message, numbers aside."""


def summary(scores: Sequence[Score]) -> Summary:
    """Of final scores, after lateness."""
    final = [score.score for score in scores if score.score is not None]
    top = max((score.max_score for score in scores), default=0)
    return Summary(
        graded=len(final), ungraded=len(scores) - len(final),
        mean=statistics.fmean(final) if final else None, median=float(statistics.median(final)) if final else None,
        full_marks=sum(score == top for score in final), max_score=top,
    )  # fmt: skip


def distribution(scores: Sequence[Score], top: int) -> tuple[Bin, ...]:
    """How many final scores lie in each tenth of 0 ... top."""
    top = max(top, 1)
    places = Counter(min(BINS - 1, score.score * BINS // top) for score in scores if score.score is not None)
    edges = [-(-top * i // BINS) for i in range(BINS + 1)]
    return tuple(Bin(edges[i], edges[i + 1], places[i]) for i in range(BINS))


def rates(scores: Sequence[Score]) -> tuple[Rate, ...]:
    """Each check of the rubric, in rubric order."""
    found: dict[str, list[CheckResult]] = {}
    for score in scores:
        for result in score.checks if score.graded else ():
            found.setdefault(result.line.id, []).append(result)
    return tuple(_rate(results) for results in found.values())


def _rate(results: Sequence[CheckResult]) -> Rate:
    messages = [line(result.message, 240) for result in results if result.status is not Status.PASSED and result.message]
    kinds = Counter(_NUMBER.sub("0", message) for message in messages)
    kind, repeats = kinds.most_common(1)[0] if kinds else ("", 0)
    example = next((message for message in messages if _NUMBER.sub("0", message) == kind), "")
    return Rate(results[0].line, tally(results), len(results), example, repeats)
