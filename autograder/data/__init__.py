"""Data sets by name. Loader order: a path given by the user, torchvision's cache, the system's package, what ships.

The embedded profile always judges with what ships, so that a grade does not depend on the machine; students train on the
best that is there. The held-out part lies with the reference solutions and is never part of a handout or a wheel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from autograder.data.idx import read_idx
from autograder.errors import DataError

SHIPPED = Path(__file__).parent / "files"
NAMES = {
    "fashion_mnist": ("FashionMNIST", Path("/usr/share/datasets/fashion-mnist")),
    "mnist": ("MNIST", Path("/usr/share/datasets/mnist")),
}
"""Name -> folder name that torchvision uses, folder of the system's package."""
CLASSES = {
    "fashion_mnist": ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
    "mnist": tuple("0123456789"),
}


@dataclass(frozen=True, slots=True)
class Images:
    """Labelled images as they are stored."""

    images: Tensor
    """(N, 1, 28, 28) uint8."""
    labels: Tensor
    """(N,) int64."""
    source: str
    """Which place of the loader order they come from."""


@dataclass(frozen=True, slots=True)
class DataSets:
    """What an assignment's inputs draw from: the embedded data, the same on every machine."""

    held_out: Path | None = None
    """Folder of the held-out parts; None on a student's machine."""

    def fashion_mnist(self, part: str = "train") -> Images:
        """`train`: the 8,000 images that ship. `heldout`: the judge's 2,000."""
        return self._embedded("fashion_mnist", part)

    def mnist(self, part: str = "train") -> Images:
        """`train`: the 8,000 digits that ship. `heldout`: the judge's 2,000."""
        return self._embedded("mnist", part)

    def encoder(self, name: str) -> dict[str, Tensor]:
        """Weights of an encoder that students cannot tune to (`fashion_mnist_second`); `embedded.encoder_from` builds it."""
        return self._tensors("encoders", name)

    def statistics(self, name: str) -> dict[str, Tensor]:
        """`mean` (D,), `cov` (D, D), float64, `n` of the judge's images in the features of an encoder; and digests of both."""
        return self._tensors("statistics", name)

    def _tensors(self, kind: str, name: str) -> dict[str, Tensor]:
        if self.held_out is None:
            raise DataError(f"{kind} of {name}: not on this machine: only the graders have them")
        return dict(_read_tensors(self.held_out / kind, name))

    def _embedded(self, name: str, part: str) -> Images:
        folder = SHIPPED if part == "train" else self.held_out
        if folder is None:
            raise DataError(f"{name}: the {part} part is not on this machine: only the graders have it")
        return _read(folder / name, part, "ships with the autograder" if part == "train" else "held out")


def places(name: str, given: Path | None = None) -> list[tuple[str, Path]]:
    """The loader order for the training part: (what it is, folder), whether or not anything is there."""
    torchvision_name, package = NAMES[name]
    order = [("given path", given / torchvision_name / "raw"), ("given path", given)] if given else []
    caches = (Path("data"), Path.home() / ".cache/torchvision")
    order += [("torchvision cache", cache / torchvision_name / "raw") for cache in caches]
    return [*order, ("system package", package), ("ships with the autograder", SHIPPED / name)]


def load(name: str, path: Path | None = None, *, download: bool = False) -> Images:
    """The training images for a student: first place of the loader order that has them. DataError names the places.

    `download=True` lets torchvision fetch the full set into `path` (or ./data) first; it needs a network.
    """
    if name not in NAMES:
        raise DataError(f"{name}: no such data set: expected one of {', '.join(NAMES)}")
    if download:
        _download(name, path or Path("data"))
    what, folder = first_place(name, path)
    return _read(folder, "train", what)


def first_place(name: str, path: Path | None = None) -> tuple[str, Path]:
    """Which place `load` would use: what it is, and the folder. DataError names the places that were tried."""
    order = places(name, path)
    if path is not None:
        order = order[:2]  # a path that the user gave is used or is an error, never silently passed over
    for what, folder in order:
        if _images(folder, "train") is not None:
            return what, folder
    looked = ", ".join(str(folder) for _, folder in order)
    raise DataError(f"{name}: no train-images-idx3-ubyte[.gz] in {looked}", hint="leave the path out to use what ships")


def _download(name: str, root: Path) -> None:
    import torchvision.datasets

    try:
        getattr(torchvision.datasets, NAMES[name][0])(str(root), download=True)
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"{name}: torchvision could not download it into {root}: {error}",
            hint="without a network leave out --download: the 8,000 images that ship are enough",
        ) from error


def _images(folder: Path, part: str) -> Path | None:
    candidates = (folder / f"{part}-images-idx3-ubyte.gz", folder / f"{part}-images-idx3-ubyte")
    return next((file for file in candidates if file.is_file()), None)


@lru_cache(maxsize=8)
def _read(folder: Path, part: str, source: str) -> Images:
    file = _images(folder, part)
    if file is None:
        raise DataError(f"{folder}: no {part}-images-idx3-ubyte[.gz] there", hint="is the checkout complete?")
    labels = file.with_name(file.name.replace("images-idx3", "labels-idx1"))
    pixels = torch.from_numpy(read_idx(file)).unsqueeze(1)  # (N, 1, 28, 28)
    return Images(pixels, torch.from_numpy(read_idx(labels)).long(), source)


@lru_cache(maxsize=8)
def _read_tensors(folder: Path, name: str) -> dict[str, Tensor]:
    path = folder / f"{name}.safetensors"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in folder.glob("*.safetensors"))) or "nothing"
        raise DataError(f"{path}: missing: there is {there}", hint="is the checkout complete, and the name right?")
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path}: not a safetensors file: {error}", hint="fetch the checkout again") from error
