"""The one place where YAML becomes typed values: unknown keys, wrong types and bad values are errors that say where."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from autograder.errors import AutograderError

LARGEST = 1024 * 1024
Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """A YAML object that refuses keys it does not know and never guesses a type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def read_yaml(path: Path, model: type[Model], error: type[AutograderError]) -> Model:
    """The file as `model`; raises `error` with the path, the key, what was expected and what came."""
    try:
        if path.stat().st_size > LARGEST:
            raise error(f"{path}: expected at most {LARGEST:,} bytes, got {path.stat().st_size:,}")
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise error(f"{path}: cannot be read: {problem.strerror}", hint="check the path and its permissions") from problem
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as problem:
        raise error(f"{path}: not valid YAML: {_one_line(problem)}", hint="check indentation, colons and quotes") from problem
    try:
        return model.model_validate(raw)
    except ValidationError as problem:
        raise error(f"{path}: {_first(problem)}", hint=_hint(problem, model)) from problem


def _first(problem: ValidationError) -> str:
    """The first thing wrong, as `key: expected ..., got ...`."""
    detail = _telling(problem)
    where = ".".join(str(part) for part in detail["loc"]) or "the whole file"
    if detail["type"] == "extra_forbidden":
        return f"{where}: unknown key"
    if detail["type"] == "missing":
        return f"{where}: missing"
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{where}: expected {message}, got {detail['input']!r}"[:500]


def _telling(problem: ValidationError) -> ErrorDetails:
    """An unknown key before a missing one: a typo is both."""
    return sorted(problem.errors(), key=lambda detail: detail["type"] != "extra_forbidden")[0]


def _hint(problem: ValidationError, model: type[BaseModel]) -> str:
    detail = _telling(problem)
    if detail["type"] in ("extra_forbidden", "missing") and len(detail["loc"]) == 1:
        return f"the keys of this file are: {', '.join(model.model_fields)}"
    return "see docs/authoring.md for every key"


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())[:300]
