"""What a proof found, as values and as the JSON of `verify --json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.calibrate.tolerance import most_likely_rate
from autograder.checks import Line


@dataclass(slots=True)
class MutantReport:
    """One wrong answer."""

    name: str
    story: str
    must_fail: list[str]
    may_fail: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Every check that it lost."""
    silent: bool = False
    """None of the words of `says` is in what the student would read."""
    points: int = 0
    outcomes: dict[str, str] = field(default_factory=dict)
    """Check id -> passed, failed, error or skipped."""

    @property
    def missed(self) -> list[str]:
        """Checks that had to fail and did not."""
        return [name for name in self.must_fail if name not in self.failed]

    @property
    def unexpected(self) -> list[str]:
        """Checks that it lost though they are neither in must_fail nor in may_fail."""
        return [name for name in self.failed if name not in (*self.must_fail, *self.may_fail)]

    @property
    def ok(self) -> bool:
        """It lost every check that it must, and no other."""
        return not self.missed and not self.unexpected and not self.silent

    def as_json(self) -> dict[str, Any]:
        """As design.md says."""
        return {
            "name": self.name, "story": self.story, "must_fail": self.must_fail, "may_fail": self.may_fail,
            "failed": self.failed, "points": self.points, "ok": self.ok,
        }  # fmt: skip


@dataclass(slots=True)
class Report:
    """The proof of one assignment."""

    slug: str
    title: str = ""
    checks: Sequence[Line] = ()
    """The rubric."""
    seeds: int = 0
    judgements: int = 0
    """Checks times seeds of the reference."""
    reference_score: int | None = None
    max_score: int = 0
    false_fails: list[str] = field(default_factory=list)
    """`check: message` of each line that the reference lost, over all seeds."""
    starter_score: int | None = None
    mutants: list[MutantReport] = field(default_factory=list)
    alternates: list[tuple[str, int | None]] = field(default_factory=list)
    tried: int = 0
    caught: int = 0
    exempt: int = 0
    """Corruptions that a check declares it tolerates, with a reason."""
    calibration: list[Mapping[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    """From start to end; with several assignments at once they share the machine."""
    work_seconds: float = 0.0
    """Spent on it in all workers together."""

    @property
    def false_fail_bound(self) -> float:
        """Upper limit on the rate of lost judgements, 95 % confidence (Clopper-Pearson)."""
        return most_likely_rate(len(self.false_fails), self.judgements) if self.judgements else 1.0

    @property
    def ok(self) -> bool:
        """Everything that must hold does."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """One object of `verify --json`."""
        return {
            "slug": self.slug, "ok": self.ok, "seeds": self.seeds,
            "reference": {"score": self.reference_score, "max_score": self.max_score, "false_fails": len(self.false_fails)},
            "judgements": {
                "made": self.judgements, "lost": len(self.false_fails), "bound": self.false_fail_bound,
                "which": self.false_fails[:100],
            },
            "starter": {"score": self.starter_score}, "mutants": [mutant.as_json() for mutant in self.mutants],
            "alternates": [{"name": n, "score": s, "ok": s == self.max_score} for n, s in self.alternates],
            "corruptions": {"tried": self.tried, "caught": self.caught, "exempt": self.exempt},
            "calibration": [dict(entry) for entry in self.calibration], "problems": self.problems,
            "seconds": round(self.seconds, 1), "work_seconds": round(self.work_seconds, 1),
        }  # fmt: skip
