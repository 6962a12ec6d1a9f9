"""Store: a `Run` as files, and back: `run.json` for structure, `tensors.safetensors` for tensors. Never pickle.

What is stored are the values that were decoded and checked outside, not the guest's bytes. `judge` gives the same verdict on what
comes back, so grades can be explained and made again without the student's code and without a GPU.
"""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from autograder.errors import AutograderError
from autograder.files import write_whole
from autograder.observe import Run
from autograder.sandbox import wire
from autograder.sandbox.contract import Answer

VERSION = 1


class StoreError(AutograderError):
    """Stored observations cannot be written or read."""


def save_run(run: Run, folder: Path) -> None:
    """Write the run; whole or not at all. StoreError when the disk does not take it."""
    tensors: dict[str, Tensor] = {}
    record = {
        "format": VERSION, "student": run.student, "slug": run.slug, "digest": run.digest, "version": run.version,
        "seed": run.seed, "problems": list(run.problems), "fault": run.fault, "wall": run.wall,
        "log": run.log[:4096], "environment": environment(),
        "inputs": {name: _out(value, f"input.{name}", tensors) for name, value in run.inputs.items()},
        "answers": {
            name: {"fault": a.fault, "text": a.text, "seconds": a.seconds, "value": _out(a.value, f"answer.{name}", tensors)}
            for name, a in run.answers.items()
        },
    }  # fmt: skip
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = folder / f".tensors.{os.getpid()}"
        save_file(tensors, scratch)
        os.replace(scratch, folder / "tensors.safetensors")
        write_whole(folder / "run.json", json.dumps(record, allow_nan=False, indent=1).encode())
    except Exception as error:  # safetensors raises a type of its own when the disk is full
        reason = getattr(error, "strerror", None) or str(error)
        hint = "free some space, then grade again"
        raise StoreError(f"{folder}: observations cannot be written: {reason}", hint=hint) from error


def load_run(folder: Path) -> Run:
    """The run stored here. StoreError names the file when it cannot be read."""
    path = folder / "run.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != VERSION:
            raise StoreError(f"{path}: format {record['format']}, expected {VERSION}", hint="grade again with this version")
        tensors = load_file(folder / "tensors.safetensors")
        inputs = {name: _in(tree, f"input.{name}", tensors) for name, tree in record["inputs"].items()}
        answers = {
            name: Answer(_in(entry["value"], f"answer.{name}", tensors), entry["fault"], entry["text"], entry["seconds"])
            for name, entry in record["answers"].items()
        }
        return Run(
            record["student"], record["slug"], record["digest"], record["version"], record["seed"], inputs, answers,
            tuple(record["problems"]), record["fault"], record["wall"], record["log"],
        )  # fmt: skip
    except StoreError:
        raise
    except Exception as error:
        raise StoreError(f"{path}: stored observations cannot be read: {error}", hint="grade this student again") from error


def environment() -> dict[str, str]:
    """What a stored answer depends on beside the submission: part of its key."""
    return {"python": platform.python_version(), "torch": torch.__version__, "machine": platform.machine(), "device": "cpu"}


def _out(value: Any, prefix: str, tensors: dict[str, Tensor]) -> Any:
    own: dict[str, Tensor] = {}
    tree = wire.to_tree(value, own)
    tensors.update({f"{prefix}.{name}": tensor for name, tensor in own.items()})
    return tree


def _in(tree: Any, prefix: str, tensors: dict[str, Tensor]) -> Any:
    own = {name.removeprefix(f"{prefix}."): tensor for name, tensor in tensors.items() if name.startswith(f"{prefix}.")}
    return wire.from_tree(tree, own, set())
