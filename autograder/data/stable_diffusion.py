"""A Stable Diffusion that ships: text -> 28 x 28 garments, a few megabytes, in the format of `diffusers`.

    pipe = StableDiffusionPipeline.from_pretrained(FOLDER, safety_checker=None)
    pipe("a bright large tilted bag in a frame").images[0]

Its prompts are the captions of `autograder.data.captions`, adjectives may be left out. The card lies beside the weights.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from autograder.data import SHIPPED
from autograder.errors import DataError

FOLDER = SHIPPED / "stable_diffusion"
PARTS = ("model_index.json", "scheduler", "text_encoder", "tokenizer", "unet", "vae")
PAD = 2
"""Black pixels around the 28 x 28 image on each side: the networks see 32 x 32."""


def pipeline(folder: Path = FOLDER) -> Any:
    """A `StableDiffusionPipeline` of the files in this folder, without network, float32, without a progress bar."""
    try:
        from diffusers import StableDiffusionPipeline
    except ImportError as error:
        raise DataError(f"diffusers cannot be imported: {error}", hint="pip install autograder[course]") from error
    if missing := [name for name in PARTS if not (folder / name).exists()]:
        raise DataError(
            f"{folder}: {', '.join(missing)}: missing: the small Stable Diffusion was expected there", hint="install again"
        )
    load: Any = StableDiffusionPipeline.from_pretrained  # untyped in some versions
    pipe = load(folder, safety_checker=None, local_files_only=True, low_cpu_mem_usage=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def as_stored(images: Tensor) -> Tensor:
    """What the pipeline gives with `output_type="pt"`, (N, 1, 32, 32) in [0, 1] -> (N, 1, 28, 28) uint8 as data sets have it."""
    inner = images[..., PAD:-PAD, PAD:-PAD]
    return (inner.clamp(0, 1) * 255).round().to(torch.uint8)


def as_seen(images: Tensor) -> Tensor:
    """(N, 1, 28, 28) uint8 -> (N, 1, 32, 32) in [-1, 1]: what the autoencoder takes."""
    return torch.nn.functional.pad(images.float() / 127.5 - 1, (PAD,) * 4, value=-1.0)


def read_files(folder: Path = FOLDER) -> list[Path]:
    """The files that the pipeline reads; the card and its picture are not among them."""
    parts = [folder / name for name in PARTS]
    return [file for part in parts for file in (sorted(part.iterdir()) if part.is_dir() else [part])]


def digest(folder: Path = FOLDER) -> str:
    """SHA-256 over names and bytes of all that the pipeline reads."""
    found = hashlib.sha256()
    for path in read_files(folder):
        content = path.read_bytes()
        found.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()
