"""Settle: what was measured -> one entry of the record for each statistical check, and what is wrong with it, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.calibrate import bounds
from autograder.calibrate.cases import ALTERNATE, CHECKPOINT, MUTANT, REFERENCE, WEAK
from autograder.calibrate.measure import Taken
from autograder.calibrate.spec import Spec
from autograder.calibrate.tolerance import (
    CONFIDENCE,
    FALSE_FAILS,
    distribution_free_bound,
    mean_and_sd,
    normality,
    rounded,
    tolerance_factor,
)
from autograder.compare import Measured
from autograder.errors import AssignmentError

Values = dict[str, list[float | None]]


@dataclass(slots=True)
class Settled:
    """The record's checks, and remarks on them."""

    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """What makes the calibration unfit."""
    remarks: list[str] = field(default_factory=list)


def settle(taken: Sequence[Taken], spec: Spec, caught_by: Mapping[str, Sequence[str]]) -> Settled:
    """`caught_by`: mutant -> the deterministic checks that mutants.yaml says must catch it."""
    settled = Settled()
    for check in taken[0].values:
        settled.checks[check] = _entry(check, taken, spec, caught_by, settled)
    for name in dict.fromkeys(each.case.name for each in taken if each.case.kind in (WEAK, MUTANT)):
        missed = [check for check, entry in settled.checks.items() if name in entry["not_caught"]]
        if len(missed) == len(settled.checks) and not caught_by.get(name):
            settled.problems.append(f"{name} is caught by no threshold, and mutants.yaml names no deterministic check for it")
    return settled


def caught(values: Sequence[float | None], entry: Mapping[str, Any]) -> bool:
    """Whether a threshold can be said to catch this mistake: in every run, and its mean further away than the threshold's sds."""
    upper = entry["direction"] == "below"
    if any(bounds.kept(value, entry["threshold"], upper=upper) for value in values):
        return False
    z = distance(values, entry)
    return z is None or z > entry["factor"]


def distance(values: Sequence[float | None], entry: Mapping[str, Any]) -> float | None:
    """Mean of these runs, in standard deviations of right runs, positive where worse; None where no run has a value."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    away = float((sum(known) / len(known) - entry["mean"]) / entry["sd"])
    return away if entry["direction"] == "below" else -away


def power_of(values: Sequence[float | None], entry: Mapping[str, Any]) -> float:
    """Share of runs that the threshold rejects; a run without a value is rejected."""
    upper = entry["direction"] == "below"
    return rounded(sum(not bounds.kept(value, entry["threshold"], upper=upper) for value in values) / len(values), 3)


def _entry(
    check: str, taken: Sequence[Taken], spec: Spec, caught_by: Mapping[str, Sequence[str]], settled: Settled
) -> dict[str, Any]:
    about = _about(check, taken)
    runs = [value for value in _values(check, taken, REFERENCE)["reference"] if value is not None]
    mean, sd = mean_and_sd(runs)
    if sd <= 1e-9 * abs(mean):
        raise AssignmentError(
            f"{check}: {about.what}: all {len(runs)} right runs gave {mean:g}: expected a number that varies",
            hint="what does not vary needs no threshold: compare it with same, near or between",
        )
    entry: dict[str, Any] = {
        "statistic": about.what, "direction": "below" if about.upper else "above", "runs": runs,
        "mean": rounded(mean), "sd": rounded(sd, 4), "factor": rounded(tolerance_factor(len(runs)), 4),
        "threshold": bounds.threshold_of(runs, upper=about.upper), "false_fail_bound": FALSE_FAILS, "confidence": CONFIDENCE,
        "bound_without_normality": rounded(distribution_free_bound(len(runs)), 3), "normality": normality(runs),
    }  # fmt: skip
    entry["checkpoint"] = _values(check, taken, CHECKPOINT)["reference"][0]
    weak = {**_values(check, taken, WEAK), **_values(check, taken, MUTANT)}
    entry |= _partial(check, entry, weak, spec, settled)
    entry["alternates"] = _values(check, taken, ALTERNATE)
    for name, values in entry["alternates"].items():
        beyond = [value for value in values if not bounds.kept(value, entry["threshold"], upper=about.upper)]
        shown = ", ".join(f"{value:.4g}" for value in beyond if value is not None)
        if beyond:
            settled.problems.append(f"{check}: the right answer {name} is beyond {entry['threshold']:.4g}: {shown}")
    entry["power"] = {name: power_of(values, entry) for name, values in weak.items()}
    missed = [name for name, values in weak.items() if not caught(values, entry)]
    entry["not_caught"] = {name: list(caught_by.get(name, ())) for name in missed}
    entry["mutants"] = weak
    return entry


def _partial(check: str, entry: Mapping[str, Any], weak: Values, spec: Spec, settled: Settled) -> dict[str, Any]:
    """Floor and steps, if there is a way between floor and threshold."""
    name = spec.floor_of(check)
    if name is None:
        return {}
    values, upper = [value for value in weak[name] if value is not None], entry["direction"] == "below"
    if len(values) < len(weak[name]):
        settled.remarks.append(f"{check}: all or nothing: {name} has no value in {len(weak[name]) - len(values)} runs")
        return {}
    floor, threshold = bounds.floor_of(values, upper=upper), entry["threshold"]
    trouble = bounds.usable(threshold, floor, upper=upper)
    steps = 0 if trouble else bounds.steps_between(threshold, floor, entry["runs"], spec.steps_of(check))
    if steps < 2:
        why = trouble or f"a step from {threshold:.4g} to {floor:.4g} would be narrower than {bounds.NOISE} sd"
        settled.remarks.append(f"{check}: all or nothing: {name}: {why}")
        return {}
    if steps < spec.steps_of(check):
        settled.remarks.append(f"{check}: {steps} steps, not {spec.steps_of(check)}: each is {bounds.NOISE} sd wide or more")
    return {"floor": floor, "floor_from": name, "steps": steps}


def _values(check: str, taken: Sequence[Taken], kind: str) -> Values:
    found: Values = {}
    for each in taken:
        if each.case.kind == kind:
            value = each.values[check]
            found.setdefault(each.case.name, []).append(None if value is None else rounded(value.value))
    return found


def _about(check: str, taken: Sequence[Taken]) -> Measured:
    """What the check measures; right runs always have a value."""
    return next(value for each in taken if (value := each.values[check]) is not None)
