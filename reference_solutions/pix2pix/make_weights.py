"""Makes every checkpoint of this folder: python reference_solutions/pix2pix/make_weights.py [NAME ...]. About 3 CPU minutes.

weights/pix2pix.safetensors is what `python train.py --seed 0` writes on the images that ship. The alternates' are trained for two
epochs, with the seed that `autograder calibrate` uses, so that neither trains them twice. The others belong to mutants, at half
precision: a generator that was never trained, one that was trained without the L1 term, and a table of training photos.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load, save_file
from torch import Tensor

from autograder.assignment import load_assignment
from autograder.calibrate.cases import FIRST_SEED
from autograder.calibrate.measure import cache_folder
from autograder.calibrate.training import Trainer, Training
from autograder.course import find_course
from autograder.data import SHIPPED
from autograder.data import load as load_images

HERE = Path(__file__).resolve().parent
ARGUMENTS = ("--data", "{shipped}/fashion_mnist")
WITH_L1, WITHOUT_L1 = b"    return adversarial + weight * distance\n", b"    return adversarial\n"
TABLE = 1000


def trained(source: bytes, *epochs: str, seed: int = 0) -> dict[str, Tensor]:
    """Weights of this module's generator after train.py."""
    course = find_course(HERE)
    trainer = Trainer(load_assignment(course, "pix2pix"), cache_folder(course.root), 3600)
    return load(trainer.weights(Training(source, (*ARGUMENTS, *epochs), seed)))


def reference() -> bytes:
    return (HERE / "pix2pix.py").read_bytes()


def alternate(path: Path) -> dict[str, Tensor]:
    """As calibration.yaml trains them."""
    return trained(path.read_bytes(), "--epochs", "2", seed=FIRST_SEED["alternate"])


def looked_up() -> dict[str, Tensor]:
    """A generator that is a table of training photos."""
    return {"table": load_images("fashion_mnist", SHIPPED / "fashion_mnist").images[:TABLE, 0], "unused": torch.zeros(1)}


CHECKPOINTS: dict[str, Callable[[], dict[str, Tensor]]] = {
    "weights/pix2pix": lambda: trained(reference()),
    "untrained": lambda: trained(reference(), "--epochs", "0"),
    "memorised": looked_up,
    "trained_without_l1": lambda: trained(
        reference().replace(WITH_L1, WITHOUT_L1), "--epochs", "1", seed=FIRST_SEED["mutant"]
    ),
    **{f"alternates/{path.stem}": lambda path=path: alternate(path) for path in sorted((HERE / "alternates").glob("*.py"))},
}


def main() -> None:
    """Make those that are named, or all."""
    parser = argparse.ArgumentParser(description="Make the checkpoints of `pix2pix`.")
    parser.add_argument("names", nargs="*", choices=[[], *CHECKPOINTS])
    for name in parser.parse_args().names or CHECKPOINTS:
        path, half = HERE / f"{name}.safetensors", "/" not in name
        kept = {key: value.half() if half and value.is_floating_point() else value for key, value in CHECKPOINTS[name]().items()}
        save_file({key: value.contiguous() for key, value in kept.items()}, path)
        path.chmod(0o644)  # the library leaves it readable by its owner alone
        print(f"saved {name}.safetensors ({path.stat().st_size / 1000:.0f} kB)", flush=True)


if __name__ == "__main__":
    main()
