"""Record: `assignments/<slug>/calibration.json`, what was measured and what follows from it. Written here, and proven here again.

`problems` repeats the arithmetic from the stored runs: a record that was edited by hand, or belongs to other code, is found out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.calibrate import bounds
from autograder.calibrate.settle import caught, power_of
from autograder.calibrate.spec import LEAST_RUNS, Spec
from autograder.calibrate.tolerance import CONFIDENCE, FALSE_FAILS, mean_and_sd, tolerance_factor
from autograder.errors import AutograderError, DataError
from autograder.files import write_whole
from autograder.rubric import Rubric

FORMAT = 2
SAME = 0.25
"""Of the runs' sd: machines differ in the last digits, a changed sample size by more."""
CLOSE = 1e-4
"""Relative: stored numbers are rounded to six digits."""


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Whole or not at all; one line for each list of numbers, so that a person can read it."""
    write_whole(path, (_text(record) + "\n").encode())


def _text(value: Any, indent: str = "") -> str:
    """JSON in which what holds only numbers stays on one line."""
    inner = indent + "  "
    if isinstance(value, dict) and any(isinstance(item, (dict, list)) for item in value.values()):
        rows = [f"{inner}{json.dumps(key)}: {_text(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def encoder_digests(names: list[str], held_out: Path | None) -> dict[str, str]:
    """Name -> digest today: of what ships, or of the judge's own. DataError for an unknown name."""
    from autograder.data import DataSets
    from autograder.metrics import embedded

    found = {}
    for name in names:
        ours = name not in embedded.DIGESTS and name in embedded.ARCHITECTURES
        weights = DataSets(held_out).encoder(name) if ours else {}
        found[name] = (embedded.encoder_from(weights, name) if ours else embedded.embedded(name)).digest
    return found


def problems(
    assignment: Assignment, rubric: Rubric, spec: Spec, caught_by: Mapping[str, list[str]], measured: Mapping[str, float]
) -> Iterator[str]:
    """What is wrong with the record, each a sentence that names the check. `measured`: the checkpoint's statistics today."""
    record = assignment.calibration()
    again = f"run `autograder calibrate {assignment.slug}`"
    if record.get("format") != FORMAT:
        yield f"calibration.json: format {record.get('format')!r}, expected {FORMAT}: {again}"
        return
    yield from _encoders(record, spec, assignment, again)
    known = {line.id for line in rubric.lines if line.statistical}
    for name in record["checks"]:
        if name not in known:
            yield f"calibration.json: {name}: no statistical check is called so: {again}"
    for name in sorted(known & record["checks"].keys()):
        try:
            entry = record["checks"][name]
            yield from (f"calibration.json: {name}: {text}" for text in _entry(name, entry, spec, caught_by))
            yield from (f"calibration.json: {name}: {text}: {again}" for text in _stale(entry, measured.get(name)))
        except (KeyError, TypeError, ValueError, ZeroDivisionError, AttributeError) as error:
            yield f"calibration.json: {name}: not an entry of a record: {type(error).__name__}: {error}: {again}"


def _encoders(record: Mapping[str, Any], spec: Spec, assignment: Assignment, again: str) -> Iterator[str]:
    stored = record.get("encoders", {})
    try:
        today = encoder_digests(spec.encoders, assignment.held_out)
    except (AutograderError, DataError) as error:
        yield f"calibration.json: encoders: {error.message}"
        return
    if stored.keys() != today.keys():
        yield f"calibration.json: encoders: expected {', '.join(today) or 'none'}, got {', '.join(stored) or 'none'}: {again}"
    for name in stored.keys() & today.keys():
        was, now = str(stored[name])[:12], today[name][:12]
        if stored[name] != today[name]:
            yield f"calibration.json: measured with another encoder {name}: {was}, today {now}: {again}"


def _entry(name: str, entry: Mapping[str, Any], spec: Spec, caught_by: Mapping[str, list[str]]) -> Iterator[str]:
    runs, upper = entry["runs"], {"below": True, "above": False}[entry["direction"]]
    if len(runs) < LEAST_RUNS or not all(_number(value) for value in runs):
        yield f"{len(runs)} runs, expected at least {LEAST_RUNS}, all of them finite numbers"
        return
    mean, sd = mean_and_sd(runs)
    for what, value in (("mean", mean), ("sd", sd), ("factor", tolerance_factor(len(runs)))):
        if not _close(entry[what], value, 1e-3):
            yield f"{what} {entry[what]!r}, but its runs give {value:.6g}"
    threshold = bounds.threshold_of(runs, upper=upper)
    if not _close(entry["threshold"], threshold):
        yield f"threshold {entry['threshold']!r}, but its runs give {threshold:g}"
    if not (entry["false_fail_bound"] <= FALSE_FAILS and entry["confidence"] >= CONFIDENCE):
        yield f"bound {entry['false_fail_bound']} with confidence {entry['confidence']}, expected {FALSE_FAILS} with {CONFIDENCE}"
    yield from _floor(name, entry, spec, upper=upper)
    for other, values in entry["alternates"].items():
        if not all(bounds.kept(value, entry["threshold"], upper=upper) for value in values):
            yield f"the right answer {other} is beyond the threshold"
    yield from _power(entry, spec, caught_by)


def _stale(entry: Mapping[str, Any], today: float | None) -> Iterator[str]:
    """The same weights and inputs give the same value, unless what is measured has changed."""
    was = entry["checkpoint"]
    now = "nothing" if today is None else f"{today:.6g}"
    if today is None or abs(today - was) > SAME * entry["sd"]:
        yield f"the reference's checkpoint measured {was:.6g}, today {now}: another check now?"


def _floor(name: str, entry: Mapping[str, Any], spec: Spec, *, upper: bool) -> Iterator[str]:
    if "floor" not in entry:
        return
    if entry["floor_from"] != spec.floor_of(name):
        yield f"floor from {entry['floor_from']}, but calibration.yaml says {spec.floor_of(name)}"
    floor = bounds.floor_of(entry["mutants"][entry["floor_from"]], upper=upper)
    if not _close(entry["floor"], floor):
        yield f"floor {entry['floor']!r}, but the runs of {entry['floor_from']} give {floor:g}"
    trouble = bounds.usable(entry["threshold"], entry["floor"], upper=upper)
    steps = 0 if trouble else bounds.steps_between(entry["threshold"], entry["floor"], entry["runs"], spec.steps_of(name))
    if trouble or entry["steps"] > steps:
        yield trouble or f"{entry['steps']} steps, but only {steps} are wide enough"


def _power(entry: Mapping[str, Any], spec: Spec, caught_by: Mapping[str, list[str]]) -> Iterator[str]:
    for name in (*spec.weak, *spec.mutants):
        if not entry["mutants"].get(name):
            yield f"no run of {name}, which calibration.yaml names"
    for name, values in entry["mutants"].items():
        if entry["power"].get(name) != power_of(values, entry):
            yield f"power {entry['power'].get(name)!r} against {name}, but its runs give {power_of(values, entry)}"
        if not caught(values, entry) and name not in entry["not_caught"]:
            yield f"{name} is not caught, and not listed as such"
    for name, instead in entry["not_caught"].items():
        wanted = caught_by.get(name, [])
        if sorted(instead) != sorted(wanted):
            yield f"{name}: expected {', '.join(wanted) or 'no check'} to catch it instead, got {', '.join(instead) or 'none'}"


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _close(stored: object, computed: float, tolerance: float = CLOSE) -> bool:
    return _number(stored) and math.isclose(float(stored), computed, rel_tol=tolerance)  # type: ignore[arg-type]
