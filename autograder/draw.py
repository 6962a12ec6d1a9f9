"""Draw: the run's seed -> inputs, by the assignment's inputs.py. Outside the wall.

Each input has a generator of its own, seeded from the run's seed and the input's name: adding an input changes no other. The seed
is an HMAC of the course's secret over submission and assignment: nobody can foresee it, every rerun repeats it.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch

from autograder.assignment import Assignment
from autograder.data import DataSets
from autograder.errors import AssignmentError, DataError
from autograder.modules import load_module, public_functions


def run_seed(secret: bytes, digest: str, version: str) -> str:
    """The run's seed, hexadecimal."""
    return hmac.new(secret, f"{digest}/{version}".encode(), hashlib.sha256).hexdigest()


def derived(seed: str, name: str) -> int:
    """A 63-bit seed for one purpose, from which the run's seed cannot be computed."""
    return int.from_bytes(hmac.new(bytes.fromhex(seed), name.encode(), hashlib.sha256).digest()[:8], "big") >> 1


class Inputs:
    """The inputs of one run, drawn when first named."""

    def __init__(self, assignment: Assignment, seed: str) -> None:
        self._assignment, self._seed = assignment, seed
        self._functions = input_functions(assignment)
        self._data = DataSets(assignment.held_out)
        self.drawn: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """The input's value; the same object each time it is asked for."""
        if name not in self.drawn:
            function = self._functions[name]
            parameters = inspect.signature(function).parameters
            try:
                self.drawn[name] = function(**{parameter: self._argument(name, parameter) for parameter in parameters})
            except (AssignmentError, DataError):
                raise
            except Exception as error:
                where = f"{self._assignment.folder / 'inputs.py'}: {name}"
                raise AssignmentError(f"{where}: {type(error).__name__}: {error}") from error
        return self.drawn[name]

    def _argument(self, name: str, parameter: str) -> Any:
        if parameter == "rng":
            return torch.Generator().manual_seed(derived(self._seed, f"input/{name}"))
        return self._data if parameter == "data" else self[parameter]


def input_functions(assignment: Assignment) -> Mapping[str, Callable[..., Any]]:
    """The functions of inputs.py; AssignmentError when a parameter is not an input, or an input is called like an observation."""
    path = assignment.folder / "inputs.py"
    functions = public_functions(load_module(path))
    for name, function in functions.items():
        if name in assignment.observations:
            raise AssignmentError(f"{path}: {name}: driver.py has an observation of this name", hint="rename one of them")
        for parameter in inspect.signature(function).parameters:
            if parameter not in ("rng", "data", *functions):
                raise AssignmentError(f"{path}: {name}: parameter `{parameter}`: expected rng, data or another input")
    for observation in assignment.observations.values():
        for parameter in observation.inputs:
            if parameter not in functions:
                where = f"{assignment.folder / 'driver.py'}: {observation.name}"
                raise AssignmentError(f"{where}: parameter `{parameter}`: inputs.py has no such function")
    return functions
