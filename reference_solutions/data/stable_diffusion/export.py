"""Third stage: the folder that ships, from what the first two left; then its card."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import autoencoder
import checkpoint
import diffusion
import torch
from card import write_card
from diffusers import StableDiffusionPipeline
from latents import latents, trained_autoencoder
from parts import scheduler
from tokenizer import write

from autograder.data.stable_diffusion import FOLDER, PARTS


def assembled() -> tuple[StableDiffusionPipeline, dict[str, Any]]:
    """The pipeline of the last saves, float32, and how they came about."""
    tokenizer, vae, (_, _, scale) = write(checkpoint.FOLDER / "tokenizer"), trained_autoencoder(), latents()
    nets, saved = diffusion.averaged(tokenizer)
    vae.register_to_config(scaling_factor=scale)
    pipe = StableDiffusionPipeline(
        vae=vae, text_encoder=nets.text.eval(), tokenizer=tokenizer, unet=nets.unet.eval(), scheduler=scheduler(),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    first = checkpoint.needed("autoencoder")
    stages = (("autoencoder", first, autoencoder.PLAN), ("diffusion", saved, diffusion.PLAN))
    told = ("step", "seconds", "seed")
    return pipe, {name: {key: each[key] for key in told} | {"planned": plan.steps} for name, each, plan in stages}


def export(folder: Path = FOLDER) -> None:
    """Noise predictor and autoencoder in float16, half the bytes; they load as float32.

    The text encoder stays float32: transformers 5 would load it in the type of its file, and the pipeline would stumble.
    """
    pipe, how = assembled()
    folder.mkdir(parents=True, exist_ok=True)
    for name in PARTS[1:]:
        shutil.rmtree(folder / name, ignore_errors=True)
    pipe.unet.to(torch.float16)
    pipe.vae.to(torch.float16)
    pipe.save_pretrained(folder)
    shutil.rmtree(folder / "tokenizer")
    write(folder / "tokenizer")  # the files of Stable Diffusion's own tokenizer, which every version of transformers reads
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    write_card(folder, how)
