"""Training: a module, train.py, arguments and a seed -> weights, by the command line that students use. Cached by digest.

The code is the course's own (reference, alternates, mutants): it runs without a wall, in a scratch folder, on one core.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from autograder.assignment import Assignment
from autograder.data import SHIPPED
from autograder.errors import AssignmentError, AutograderError
from autograder.files import write_whole

PACKAGE = Path(__file__).resolve().parents[2]
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class TrainingFailed(AutograderError):
    """train.py did not leave weights; the message is the end of what it said."""


@dataclass(frozen=True, slots=True)
class Training:
    """One training that has to be done, or was done before."""

    source: bytes
    """The module that is trained."""
    arguments: tuple[str, ...]
    """As calibration.yaml has them."""
    seed: int


class Trainer:
    """Trains for one assignment; weights that are in `cache` are not trained again."""

    def __init__(self, assignment: Assignment, cache: Path, seconds: float) -> None:
        self._script, self._module = assignment.folder / "train.py", assignment.spec.module
        if not self._script.is_file():
            raise AssignmentError(f"{self._script}: missing: calibration.yaml says `train:`")
        self._cache, self._seconds = cache, seconds

    def is_cached(self, training: Training) -> bool:
        """Whether nothing needs to be trained."""
        return self._place(training).is_file()

    def weights(self, training: Training) -> bytes:
        """The checkpoint that train.py saves. TrainingFailed when it saves none."""
        place = self._place(training)
        if not place.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, self._trained(training))
        return place.read_bytes()

    def _trained(self, training: Training) -> bytes:
        scratch = Path(tempfile.mkdtemp(prefix="autograder-train-"))
        try:
            (scratch / f"{self._module}.py").write_bytes(training.source)
            shutil.copyfile(self._script, scratch / "train.py")
            out = scratch / "trained.safetensors"
            filled = [part.replace("{shipped}", str(SHIPPED)) for part in training.arguments]
            command = [sys.executable, "train.py", *filled, "--seed", str(training.seed), "--out", str(out)]
            self._run(command, scratch)
            if not out.is_file():
                raise TrainingFailed(f"{' '.join(command[1:])}: no file was saved at --out")
            return out.read_bytes()
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _run(self, command: Sequence[str], scratch: Path) -> None:
        own = {"PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(scratch), "MPLBACKEND": "agg"}
        environment = {**os.environ, **dict.fromkeys(THREADS, "1"), **own}
        try:
            done = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, timeout=self._seconds, check=False)
        except subprocess.TimeoutExpired as error:
            raise TrainingFailed(f"train.py did not end within {self._seconds:g} seconds") from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
            raise TrainingFailed(f"{' '.join(command[1:-2])}: {said[-1] if said else f'status {done.returncode}'}")

    def _place(self, training: Training) -> Path:
        digest = hashlib.sha256(f"{self._module}\0{torch.__version__}\0{training.seed}\0".encode())
        for part in (training.source, self._script.read_bytes(), *(argument.encode() for argument in training.arguments)):
            digest.update(hashlib.sha256(part).digest())
        return self._cache / f"{digest.hexdigest()[:32]}.safetensors"
