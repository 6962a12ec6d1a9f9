"""Measures the thresholds of the quality checks: writes assignments/autoencoder/calibration.json.

    python reference_solutions/autoencoder/calibrate.py

Trains the reference 20 times with assignments/autoencoder/train.py, for a fifth of its epochs: a right answer of
another shape may learn more slowly, and the rest is its room. Each statistic is the check's own. The threshold is a
one-sided normal tolerance limit: mean + 4.32 sd (minus, where more is better) covers 99.9 % of such runs with 95 %
confidence for n = 20.
Power: the share of 20 weak models of each kind that the threshold rejects.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ASSIGNMENT = ROOT / "assignments/autoencoder"
sys.path[:0] = [str(ROOT), str(ASSIGNMENT), str(HERE)]

import autoencoder  # noqa: E402
import checks_hidden  # noqa: E402
import checks_visible  # noqa: E402
import driver  # noqa: E402
import inputs  # noqa: E402
import train  # noqa: E402

from autograder import compare  # noqa: E402
from autograder.data import SHIPPED, DataSets  # noqa: E402

RUNS, EPOCHS, FACTOR = 20, 4, 4.32
COMMAND = "python reference_solutions/autoencoder/calibrate.py"

DATA = DataSets(ROOT / "reference_solutions/data")
TRAIN, HELD_OUT = inputs.train_digits(DATA), inputs.heldout_digits(DATA)
SCORED, LABELS = inputs.scored_digits(DATA), inputs.scored_labels(DATA)

Weights = dict[str, Tensor]


def statistic(check: Callable[..., None], *arguments: Tensor) -> float:
    """What the check compares with its threshold."""
    compare.measured.clear()
    check(*arguments, None)
    return compare.measured[-1]


def statistics(weights: Weights) -> list[float]:
    """The statistic of each check in CHECKS."""
    student: ModuleType = autoencoder
    known = driver.train_reconstructions(student, weights, TRAIN)
    new = driver.heldout_reconstructions(student, weights, HELD_OUT)
    return [
        statistic(checks_visible.check_reconstructs_training_digits, known, TRAIN),
        statistic(checks_hidden.check_reconstructs_heldout_digits, new, HELD_OUT),
        statistic(checks_hidden.check_neighbours_in_latent_space_agree, driver.heldout_codes(student, weights, SCORED), LABELS),
    ]


CHECKS = (
    ("check_reconstructs_training_digits", "squared error per pixel on 500 training digits", "below"),
    ("check_reconstructs_heldout_digits", "squared error per pixel on 500 held-out digits", "below"),
    ("check_neighbours_in_latent_space_agree", "share of 1000 held-out digits whose nearest code is of the same digit", "above"),
)


def trained(seed: int, epochs: int) -> Weights:
    """The weights that train.py makes, on the digits that ship."""
    with contextlib.redirect_stdout(io.StringIO()):
        return train.train(*train.digits(SHIPPED / "mnist"), epochs, seed).state_dict()


def noise(seed: int) -> Weights:
    """Normal numbers in place of weights."""
    generator = torch.Generator().manual_seed(seed)
    return {name: 0.05 * torch.randn(w.shape, generator=generator) for name, w in autoencoder.Autoencoder().state_dict().items()}


def untrained(seed: int) -> Weights:
    """A model as it is made."""
    torch.manual_seed(seed)
    return autoencoder.Autoencoder().state_dict()


def main() -> None:
    torch.set_num_threads(1)
    seeds = range(RUNS)
    runs = torch.tensor([statistics(trained(seed, EPOCHS)) for seed in seeds]).double()  # (20, 3)
    weak = {
        "noise_weights": [statistics(noise(seed)) for seed in seeds],
        "untrained_weights": [statistics(untrained(seed)) for seed in seeds],
        "one_epoch_weights": [statistics(trained(seed, 1)) for seed in seeds],
    }
    checks = {}
    for k, (name, what, direction) in enumerate(CHECKS):
        mean, sd = float(runs[:, k].mean()), float(runs[:, k].std())
        threshold = round(mean + FACTOR * sd if direction == "below" else mean - FACTOR * sd, 5)
        power = {}
        for kind, values in weak.items():
            column = torch.tensor(values).double()[:, k]  # (20,)
            rejected = column > threshold if direction == "below" else column < threshold
            power[kind] = float(rejected.double().mean())
        checks[name] = {
            "statistic": what, "direction": direction, "runs": [round(value, 6) for value in runs[:, k].tolist()],
            "mean": round(mean, 6), "sd": round(sd, 6), "factor": FACTOR, "threshold": threshold,
            "false_fail_bound": 0.001, "confidence": 0.95, "power": power, "command": COMMAND,
        }  # fmt: skip
        print(f"{name}: mean {mean:.5f}, sd {sd:.5f}, threshold {threshold:.5f}, power {power}")
    record = {"profile": "embedded", "checks": checks}
    (ASSIGNMENT / "calibration.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
