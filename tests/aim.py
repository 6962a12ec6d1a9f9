"""A tiny course with a statistical check, for `calibrate` and `verify`: one weight that moves towards 3. Its training needs no torch."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "course.yaml": """\
title: A course with a threshold
chapters:
  - id: one
    title: One
    assignments: [{slug: aim}]
""",
    "assignments/aim/assignment.yaml": """\
title: Aim
summary: One weight that moves towards 3.
chapter: one
minutes: 5
module: aim
weights: aim.safetensors
limits: {observation_seconds: 5, submission_seconds: 20, memory_mb: 512}
tasks:
  - {id: step, todo: 1, title: A step}
  - {id: training, title: The trained weight}
""",
    "assignments/aim/statement.md": "# Aim\n\nTODO 1: move the weight.\n",
    "assignments/aim/inputs.py": '''\
"""Numbers drawn per run."""

import torch


def numbers(rng):
    return (3 + torch.randn(200, generator=rng)).double().tolist()


def start(rng):
    return float(10 * torch.randn(1, generator=rng))
''',
    "assignments/aim/driver.py": '''\
"""What is asked."""


def stepped(student, start) -> float:
    return student.step(start, 3.0)


def learned(weights) -> float:
    return float(weights["w"][0])
''',
    "assignments/aim/checks_visible.py": '''\
"""Visible checks of `aim`."""

from autograder.checks import check
from autograder.compare import below, same


@check(points=75, task="step", hint="Half of the way.")
def check_step(stepped, start):
    """a step goes half of the way"""
    same(stepped, start + 0.5 * (3.0 - start), rtol=1e-9, call="step(w, 3)")


@check(points=25, task="training", level="quality", hint="Train longer.")
def check_learned(learned, numbers, limit):
    """the trained weight predicts new numbers"""
    error = sum((x - learned) ** 2 for x in numbers) / len(numbers)
    below(error, limit, what="squared error of 200 numbers", cause="not trained long enough?")
''',
    "assignments/aim/train.py": '''\
"""python train.py [--epochs 8] [--seed 0] [--out aim.safetensors]"""

import argparse
import importlib
import json
import random
import struct
from pathlib import Path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("aim.safetensors"))
    options = parser.parse_args()
    rng, aim, w = random.Random(options.seed), importlib.import_module("aim"), -4.0
    for _ in range(options.epochs):
        w = aim.step(w, 3.0)
    w += 0.1 * rng.gauss(0, 1)
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    options.out.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", w))


if __name__ == "__main__":
    main()
''',
    "reference_solutions/aim/aim.py": '''\
# %%
def step(w, target):
    """The weight after one step."""
    # TODO 1: half of the way to the target
    ### BEGIN SOLUTION
    return w + 0.5 * (target - w)
    ### END SOLUTION
''',
    "reference_solutions/aim/alternates/average.py": "def step(w, target):\n    return (w + target) / 2\n",
    "reference_solutions/aim/mutants.yaml": """\
- name: away
  story: goes the other way
  edits: [{old: "w + 0.5 *", new: "w - 0.5 *"}]
  must_fail: [check_step]
- name: whole_way
  story: goes the whole way
  edits: [{old: "0.5 *", new: "1.0 *"}]
  must_fail: [check_step]
- name: all_zero
  story: hands in zeros
  weights: zeros
  must_fail: [check_learned]
""",
    "reference_solutions/aim/calibration.yaml": """\
power: 2
train: {reference: [--epochs, "6"]}
weak: {not_trained: [--epochs, "0"]}
mutants: [away, whole_way, all_zero]
floor: not_trained
""",
}


def weights(w: float) -> bytes:
    """A safetensors file that holds this weight."""
    import numpy as np
    from safetensors.numpy import save

    return save({"w": np.array([w], dtype=np.float32)})


def made(root: Path) -> Path:
    """The course below `root`."""
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    checkpoint = root / "reference_solutions/aim/weights/aim.safetensors"
    checkpoint.parent.mkdir(exist_ok=True)
    checkpoint.write_bytes(weights(2.98))
    return root
