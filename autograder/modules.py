"""Loading the assignment's own files (inputs, checks, pictures) as modules: trusted code of the course, never a student's."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.errors import AssignmentError


def load_module(path: Path) -> ModuleType:
    """The module of this file, executed anew; errors in it name file and line."""
    name = f"_autograder_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise AssignmentError(f"{path}: no such file")
    module = importlib.util.module_from_spec(spec)
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # no trace of checks beside the checks
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = getattr(error, "lineno", None) or _line(error, path)
        raise AssignmentError(f"{path}{f':{line}' if line else ''}: {type(error).__name__}: {error}") from error
    finally:
        sys.dont_write_bytecode = bytecode
    return module


def public_functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """The functions that this file itself defines, in order, without those that start with an underscore."""
    return {
        name: value
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and getattr(value, "__module__", "") == module.__name__
    }


def _line(error: BaseException, path: Path) -> int | None:
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
