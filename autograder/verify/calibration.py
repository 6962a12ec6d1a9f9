"""The record's part of the proof: thresholds follow from their runs, and were measured with what is judged today."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.calibrate.record import problems
from autograder.calibrate.run import deterministic
from autograder.calibrate.spec import read_spec
from autograder.errors import AutograderError
from autograder.grade import Prepared
from autograder.verify.report import Report


def check(report: Report, prepared: Prepared, measured: Mapping[str, float]) -> None:
    """`measured`: statistics of the reference with the first seed, today."""
    assignment, rubric = prepared.assignment, prepared.rubric
    if not any(line.statistical for line in rubric.lines):
        return
    try:
        spec = read_spec(assignment, rubric)
        report.problems += problems(assignment, rubric, spec, deterministic(assignment, rubric), measured)
    except AutograderError as error:
        report.problems.append(error.message)
    for name, entry in assignment.calibration().get("checks", {}).items():
        report.calibration.append(
            {"check": name, "threshold": entry["threshold"], "runs": len(entry.get("runs", [])),
             "false_fail_bound": entry.get("false_fail_bound"), "floor": entry.get("floor"), "power": entry.get("power", {})}
        )  # fmt: skip
