"""The one place where YAML becomes typed values: unknown keys, wrong types and bad values are errors that say where."""

from __future__ import annotations

import reprlib
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from autograder.errors import AutograderError

LARGEST = 1024 * 1024
SHOWN = reprlib.Repr()
SHOWN.maxlevel, SHOWN.maxstring, SHOWN.maxother = 2, 400, 400
Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """A YAML object that refuses keys it does not know and never guesses a type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Plain(yaml.SafeLoader):
    """YAML without aliases: a few lines of them unfold to gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """A node; an alias is an error."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias (*name): write the value out")
        return super().compose_node(parent, index)

    def fetch_flow_collection_start(self, token: Any) -> None:
        """A bracket; time grows with the square of their depth."""
        if self.flow_level >= 32:
            raise yaml.YAMLError("more than 32 brackets within each other")
        super().fetch_flow_collection_start(token)


def read_yaml(path: Path, model: type[Model], error: type[AutograderError]) -> Model:
    """The file as `model`; raises `error` with the path, the key, what was expected and what came."""
    try:
        if path.stat().st_size > LARGEST:
            raise error(f"{path}: expected at most {LARGEST:,} bytes, got {path.stat().st_size:,}")
        raw = yaml.load(path.read_text(encoding="utf-8"), _Plain)  # noqa: S506  a SafeLoader
    except OSError as problem:
        raise error(f"{path}: cannot be read: {problem.strerror}", hint="check the path and its permissions") from problem
    except error:
        raise
    except Exception as problem:  # PyYAML's constructors raise IndexError, KeyError and AttributeError at odd tags
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
    return f"{where}: expected {message}, got {_shown(detail['input'])}"[:500]


def _shown(value: object) -> str:
    """What came, short: a value can be large, and an integer of thousands of digits has no text at all."""
    try:
        return SHOWN.repr(value)
    except ValueError:
        return f"a {type(value).__name__}"


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
