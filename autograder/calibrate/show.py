"""A calibration for a person: what was measured, what it promises and what it does not, one check at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape

from autograder.calibrate.run import Calibration
from autograder.calibrate.settle import distance

STUDENTS, CHECKS = 200, 40
"""The class that the error budget is made for."""


def budget(rate: float, checks: int, students: int = STUDENTS) -> dict[str, float]:
    """What this rate of false fails means for a class."""
    return {
        "students": students, "checks": checks, "rate": rate, "false_fails": round(students * checks * rate, 4),
        "students_hit": round(1 - (1 - rate) ** checks, 6),
    }  # fmt: skip


def calibration_lines(found: Calibration) -> list[str]:
    """Lines with Rich markup."""
    lines = []
    for check, entry in found.record["checks"].items():
        lines += [
            f"[bold]{check}[/]: {escape(entry['statistic'])}",
            *(f"  {line}" for line in _check(check, entry, found.before)),
        ]
    checks = found.record["checks"]
    rate = max(entry["false_fail_bound"] for entry in checks.values())
    lines += ["", _budget(budget(rate, CHECKS)), _budget(budget(rate, len(checks)))]
    lines += [f"[yellow]note[/]: {escape(text)}" for text in found.settled.remarks]
    return lines + [f"[bold red]problem[/]: {escape(text)}" for text in found.settled.problems]


def _check(check: str, entry: Mapping[str, Any], before: Mapping[str, float]) -> Iterator[str]:
    normal, runs = entry["normality"], entry["runs"]
    sign, word = ("+", "at most") if entry["direction"] == "below" else ("-", "at least")
    yield (
        f"reference    {len(runs)} runs, mean {entry['mean']:.5g}, sd {entry['sd']:.3g}; "
        f"largest z {normal['largest_z']:.2f}, Shapiro p {normal['shapiro_p']:.2f}"
    )
    was = f" (was {before[check]:.5g})" if check in before else ""
    yield f"threshold    {word} {entry['threshold']:.5g}{was} = mean {sign} {entry['factor']:.2f} sd"
    yield (
        f"false fails  at most {entry['false_fail_bound']:g} with {entry['confidence']:.0%} confidence if runs are normal; "
        f"without that, {len(runs)} runs show {entry['bound_without_normality']:.2g}"
    )
    if "floor" in entry:
        yield f"partial      {entry['steps']} steps down to {entry['floor']:.5g}, from {entry['floor_from']}"
    for name, values in entry["alternates"].items():
        yield f"alternate    {escape(name)}: {_span(values)}"
    caught = [name for name in entry["mutants"] if name not in entry["not_caught"]]
    yield f"power        {len(caught)} of {len(entry['mutants'])} caught in every run and beyond {entry['factor']:.2f} sd"
    for name, instead in entry["not_caught"].items():
        z = distance(entry["mutants"][name], entry)
        how = "" if z is None else ", better than the reference" if z < 0 else f", {z:.1f} sd worse"
        by = f"caught by {', '.join(instead)}" if instead else "no deterministic check"
        yield f"not caught   {escape(name)}: {_span(entry['mutants'][name])}, power {entry['power'][name]:g}{how}: {by}"


def _budget(found: Mapping[str, float]) -> str:
    return (
        f"budget: {found['students']} students x {found['checks']} such checks at {found['rate']:g}: "
        f"{found['false_fails']:.2g} false fails expected, {100 * found['students_hit']:.2g} % of students hit"
    )


def _span(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    lost = f", {len(values) - len(known)} without a value" if len(known) < len(values) else ""
    if not known:
        return "no value"
    return (f"{min(known):.4g}" if min(known) == max(known) else f"{min(known):.4g} to {max(known):.4g}") + lost
