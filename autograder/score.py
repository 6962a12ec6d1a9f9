"""Score: results + rubric + late policy -> `Score`. Pure arithmetic in integers.

Must never guess: a line without a result is an error with 0 points, and a fault of the harness is `ungraded`, not a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.assignment import Assignment
from autograder.checks import Line
from autograder.observe import Run
from autograder.outcome import CheckResult, Status
from autograder.plugin import Verdict
from autograder.rubric import Rubric
from autograder.submission import Refused


@dataclass(frozen=True, slots=True)
class Score:
    """One submission's verdict: the object of `results.json`."""

    student: str
    assignment: str
    graded: bool
    """False: the harness could not grade it; there is no number then."""
    reason: str
    """Why it is ungraded; empty when graded."""
    attention: tuple[str, ...]
    """Sentences for the instructor: unreadable archive, hostile deed, late without a time ..."""
    checks: tuple[CheckResult, ...]
    """In rubric order; empty when ungraded."""
    max_score: int
    late_seconds: int
    penalty: int
    """Points taken off for lateness."""
    seed: str
    """The run's seed, hexadecimal."""
    digest: str
    """SHA-256 of the submission's files."""
    wall: str = ""
    """Backend, version and what is degraded, as the self-test found it."""

    @property
    def raw_score(self) -> int | None:
        """Sum of the points before lateness; None when ungraded."""
        return sum(result.points for result in self.checks) if self.graded else None

    @property
    def score(self) -> int | None:
        """Points after lateness; None when ungraded."""
        return None if self.raw_score is None else max(0, self.raw_score - self.penalty)

    def as_json(self) -> dict[str, Any]:
        """The object of `results.json`."""
        return {
            "student": self.student, "assignment": self.assignment, "status": "graded" if self.graded else "ungraded",
            "reason": self.reason, "attention": list(self.attention), "score": self.score, "raw_score": self.raw_score,
            "max_score": self.max_score, "late_seconds": self.late_seconds, "penalty": self.penalty, "seed": self.seed,
            "digest": self.digest, "wall": self.wall, "checks": [result.as_json() for result in self.checks],
        }  # fmt: skip


def scored(run: Run, verdict: Verdict, rubric: Rubric, *, late_seconds: int = 0, penalty: int = 0) -> Score:
    """The score of a judged run; ungraded when harness or judge was at fault."""
    fault = run.fault or verdict.fault
    checks = () if fault else complete(rubric.lines, verdict.results)
    return Score(
        student=run.student, assignment=run.slug, graded=not fault, reason=fault, attention=attention(run), checks=checks,
        max_score=rubric.points(), late_seconds=late_seconds, penalty=penalty, seed=run.seed, digest=run.digest, wall=run.wall,
    )  # fmt: skip


def refused_score(refused: Refused, assignment: Assignment, rubric: Rubric) -> Score:
    """What cannot be attributed to one student is ungraded, by name."""
    return Score(refused.name, assignment.slug, False, refused.reason, (refused.reason,), (), rubric.points(), 0, 0, "", "")


def attention(run: Run) -> tuple[str, ...]:
    """Why somebody should look at this submission: sentences of ours, for instructor and student."""
    sentences = list(run.problems)
    faults = {name: answer for name, answer in run.answers.items() if answer.fault and answer.fault != "missing"}
    texts = {answer.text for answer in faults.values()}
    everything = len(faults) == len(run.answers) and len(texts) == 1 and len(run.answers) > 1
    if everything and all(answer.fault == "raised" for answer in faults.values()):
        sentences.append(f"the file cannot be imported, so nothing of it could be checked: {texts.pop()}")
    if any(answer.fault == "crash" for answer in faults.values()):
        # Not where, and not its words: student code chooses both, and hidden observations are among them.
        sentences.append("its code ended the process instead of answering: see the log among its observations")
    return tuple(sentences)


def complete(lines: Sequence[Line], results: Mapping[str, CheckResult]) -> tuple[CheckResult, ...]:
    """One result per rubric line, in rubric order: what did not come back is an error worth 0, never a smaller denominator."""
    missing = "no result came back for this check"
    return tuple(results.get(line.id) or CheckResult(line, Status.ERROR, missing) for line in lines)


def total(lines: Iterable[Line]) -> int:
    """Points of a rubric."""
    return sum(line.points for line in lines)
