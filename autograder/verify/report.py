"""What a proof found, as values and as the JSON of `verify --json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class MutantReport:
    """One wrong answer."""

    name: str
    story: str
    must_fail: list[str]
    failed: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    """Checks that it lost though they are neither in must_fail nor in may_fail."""
    silent: bool = False
    """None of the words of `says` is in what the student would read."""

    @property
    def ok(self) -> bool:
        """It lost every check that it must, and no other."""
        return set(self.must_fail) <= set(self.failed) and not self.unexpected and not self.silent

    def as_json(self) -> dict[str, Any]:
        """As design.md says."""
        return {"name": self.name, "must_fail": self.must_fail, "failed": self.failed, "ok": self.ok}


@dataclass(slots=True)
class Report:
    """The proof of one assignment."""

    slug: str
    seeds: int = 0
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

    @property
    def ok(self) -> bool:
        """Everything that must hold does."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """One object of `verify --json`."""
        return {
            "slug": self.slug, "ok": self.ok, "seeds": self.seeds,
            "reference": {"score": self.reference_score, "max_score": self.max_score, "false_fails": len(self.false_fails)},
            "starter": {"score": self.starter_score}, "mutants": [mutant.as_json() for mutant in self.mutants],
            "alternates": [{"name": n, "score": s, "ok": s == self.max_score} for n, s in self.alternates],
            "corruptions": {"tried": self.tried, "caught": self.caught, "exempt": self.exempt},
            "calibration": [dict(entry) for entry in self.calibration], "problems": self.problems,
            "seconds": round(self.seconds, 1),
        }  # fmt: skip
