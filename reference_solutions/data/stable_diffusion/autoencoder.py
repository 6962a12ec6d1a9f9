"""First stage: an autoencoder, 32 x 32 pixels <-> 4 x 8 x 8 latents. Rombach et al. 2022, arXiv:2112.10752, section 3.1.

Trained with the absolute error and a weak pull towards a standard normal, without an adversary: at this size edges stay sharp.
"""

from __future__ import annotations

from typing import Any

import checkpoint
import torch
from diffusers import AutoencoderKL
from looks import for_autoencoder, garments
from parts import autoencoder
from torch import Tensor

SEED, BATCH = 0, 16
PLAN = checkpoint.Plan(steps=3000, rate=3e-3)
KL_WEIGHT = 1e-3
"""Weight of the divergence: the latents are then about 0.1 standard deviations wide, and the decoder forgives as much noise."""


def loss_of(vae: AutoencoderKL, images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Absolute error, and divergence from a standard normal, both a pixel. images: (N, 1, 32, 32) in [-1, 1]."""
    posterior = vae.encode(images).latent_dist
    noise = torch.randn(posterior.mean.shape, generator=generator)
    made = vae.decode(posterior.mean + posterior.std * noise).sample
    return (made - images).abs().mean(), posterior.kl().mean() / images[0].numel()


def train(plan: checkpoint.Plan = PLAN, seed: int = SEED) -> None:
    """Goes on from the last save."""
    torch.manual_seed(seed)
    vae, generator, found = autoencoder(), torch.Generator().manual_seed(seed), garments()
    optimiser = torch.optim.Adam(vae.parameters(), plan.rate, betas=(0.9, 0.99))
    start, watch = 0, checkpoint.stop_watch(0.0)
    if saved := checkpoint.load("autoencoder"):
        vae.load_state_dict(saved["net"])
        optimiser.load_state_dict(saved["optimiser"])
        generator.set_state(saved["generator"])
        start, watch = saved["step"], checkpoint.stop_watch(saved["seconds"])

    def state(done: int) -> dict[str, Any]:
        nets = {"net": vae.state_dict(), "optimiser": optimiser.state_dict(), "generator": generator.get_state()}
        return {**nets, "step": done, "seconds": watch(), "seed": seed}

    for step, rate in checkpoint.steps("autoencoder", plan, start, state):
        optimiser.param_groups[0]["lr"] = rate
        index = torch.randint(len(found.images), (BATCH,), generator=generator)
        error, kl = loss_of(vae, for_autoencoder(found, index, generator), generator)
        optimiser.zero_grad()
        (error + KL_WEIGHT * kl).backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimiser.step()
        if step % 25 == 0:
            print(f"autoencoder: step {step}: absolute error {error.item():.4f}, divergence {kl.item():.3f}", flush=True)
