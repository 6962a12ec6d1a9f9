"""Store: a `Run` as files, and back: `run.json` for structure, `tensors.safetensors` for tensors. Never pickle.

What is stored are the values that were decoded and checked outside, not the guest's bytes. `judge` gives the same verdict on what
comes back, so grades can be explained and made again without the student's code and without a GPU.
"""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from autograder.errors import AutograderError
from autograder.files import write_whole
from autograder.observe import Run
from autograder.sandbox import wire
from autograder.sandbox.contract import Answer

VERSION = 1
LARGE = 256 * 1024
"""Bytes from which an input is kept once for all."""


class StoreError(AutograderError):
    """Stored observations cannot be written or read."""


def save_run(run: Run, folder: Path) -> None:
    """Write the run; whole or not at all. StoreError when the disk does not take it."""
    tensors: dict[str, Tensor] = {}
    record: dict[str, Any] = {
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
        record["shared"] = _share(tensors, shared_folder(folder))
        write_whole(folder / "tensors.safetensors", save(tensors))
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
        for name, digest in record["shared"].items():
            tensors |= {name: load_file(shared_folder(folder) / f"{digest}.safetensors")["t"]}
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


def shared_folder(folder: Path) -> Path:
    """Where all runs of a result folder keep large inputs: content-addressed, because most students get the same images."""
    return folder.parent.parent / "inputs"


def _share(tensors: dict[str, Tensor], place: Path) -> dict[str, str]:
    """Move large inputs out of `tensors` into files named by their content; gives tensor name -> digest."""
    moved = {}
    for name in [name for name, t in tensors.items() if name.startswith("input.") and t.numel() * t.element_size() >= LARGE]:
        content = save({"t": tensors.pop(name)})
        moved[name] = hashlib.sha256(content).hexdigest()
        target = place / f"{moved[name]}.safetensors"
        if not target.exists():
            write_whole(target, content)
    return moved


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
