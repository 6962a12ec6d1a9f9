"""`results.json`: every verdict of a class, for machines. `results.schema.json` says what it may hold, and is checked both ways.

The same scores give the same bytes. Not a number and infinity are not JSON: such a measured value becomes null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

from autograder.errors import AutograderError
from autograder.files import write_whole
from autograder.reports.clean import clean
from autograder.score import Score

SCHEMA = Path(__file__).with_name("results.schema.json")


def write_results(scores: Iterable[Score], path: Path) -> None:
    """Sorted by student, valid, whole or not at all."""
    ordered = sorted(scores, key=lambda score: (score.student, score.assignment, score.digest))
    results = [_plain(score.as_json()) for score in ordered]
    _validate(results, path)
    text = json.dumps(results, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(path, f"{text}\n".encode())


def write_result(score: Score, path: Path) -> None:
    """One student's result as the student may have it: hidden lines without their messages."""
    safe = replace(score, checks=tuple(result.for_student() for result in score.checks))
    text = json.dumps(_plain(safe.as_json()), indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(path, f"{text}\n".encode())


def read_results(path: Path) -> list[dict[str, Any]]:
    """The objects of a file that `write_results` may have written; AutograderError says where it is not one."""
    try:
        results = json.loads(path.read_text("utf-8"), parse_constant=_refuse)
    except FileNotFoundError as error:
        raise AutograderError(f"{path}: expected a results file, got nothing there", hint="has `grade` been run?") from error
    except (OSError, ValueError, RecursionError) as error:
        raise AutograderError(f"{path}: expected JSON, got something else: {error}", hint="grade again or restore it") from error
    _validate(results, path)
    found: list[dict[str, Any]] = results
    return found


@lru_cache(maxsize=1)
def validator() -> Draft202012Validator:
    """Judge of `results.json`; for the exporters too."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _validate(results: object, path: Path) -> None:
    error = best_match(validator().iter_errors(results))
    if error is not None:
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        raise AutograderError(
            f"{path}: results{where}: {_difference(error)}",
            hint="was the file edited by hand, or written by another version?",
        )


def _difference(error: ValidationError) -> str:
    """`expected ..., got ...` in words, from the rule that was broken."""
    rule: Any = error.validator_value
    instance: Any = error.instance
    got = clean(json.dumps(instance, ensure_ascii=False, default=str), 120)
    match error.validator:
        case "type":
            kinds = rule if isinstance(rule, list) else [rule]
            return f"expected {' or '.join(map(str, kinds))}, got {got}"
        case "enum":
            return f"expected one of {', '.join(map(str, rule))}, got {got}"
        case "const":
            return f"expected {json.dumps(rule)}, got {got}"
        case "required":
            missing = [key for key in rule if key not in instance]
            return f"expected the field {', '.join(missing)}, got an object without it"
        case "additionalProperties":
            known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
            return f"expected no other field than {', '.join(known)}, got {', '.join(sorted(set(instance) - set(known)))}"
        case _:
            return f"expected {error.validator} {json.dumps(rule)}, got {got}"


def _plain(value: Any) -> Any:
    """Clean strings and finite numbers, all the way down."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, str):
        return clean(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")
