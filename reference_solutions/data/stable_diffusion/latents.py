"""Latents of many looks, made once between the two stages: the diffusion then trains on 256 numbers an image, not on pixels."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import checkpoint
import torch
from diffusers import AutoencoderKL
from looks import garments, look
from parts import autoencoder
from torch import Tensor

from autograder.data.captions import Attributes
from autograder.data.stable_diffusion import as_seen

LOOKS, SEED, BATCH = 4, 1, 100
"""Looks of each of the 8,000 images."""


def trained_autoencoder() -> AutoencoderKL:
    """As the first stage left it, with the scale that its latents need."""
    saved = checkpoint.needed("autoencoder")
    vae = autoencoder().eval().requires_grad_(False)
    vae.load_state_dict(saved["net"])
    return vae


def latents() -> tuple[Tensor, list[Attributes], float]:
    """Scaled latents (N, 4, 8, 8) of standard deviation 1, what is true of each, and the scale."""
    saved = checkpoint.load("latents") or _made(trained_autoencoder())
    return saved["latents"], [Attributes(**each) for each in saved["said"]], saved["scale"]


@torch.inference_mode()
def _made(vae: AutoencoderKL) -> dict[str, Any]:
    generator, found = torch.Generator().manual_seed(SEED), garments()
    drawn: list[Tensor] = []
    said: list[dict[str, Any]] = []
    for index in torch.arange(len(found.images)).repeat(LOOKS).split(BATCH):
        seen = look(found, index, generator)
        posterior = vae.encode(as_seen(seen.images)).latent_dist
        drawn.append(posterior.mean + posterior.std * torch.randn(posterior.mean.shape, generator=generator))
        said += map(asdict, seen.said)
    everything = torch.cat(drawn)
    scale = round(1 / float(everything.std()), 4)
    made = {"latents": everything * scale, "said": said, "scale": scale}
    checkpoint.save("latents", made)
    print(f"latents: {len(everything):,}, scale {scale}, means {everything.mean((0, 2, 3)).tolist()}", flush=True)
    return made
