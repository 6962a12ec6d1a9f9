"""Second stage: text encoder and noise predictor, trained together on latents.

The loss is the one of Ho et al. 2020 (arXiv:2006.11239, equation 14), each time weighted by min(SNR, 5) / SNR (Hang et al. 2023,
arXiv:2303.09556), so that times at which the image is almost clean do not take over.
An exponential moving average (EMA) of the weights is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import checkpoint
import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from latents import latents
from looks import spoken
from parts import scheduler, text_encoder, unet
from tokenizer import numbers, write
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

SEED, BATCH = 0, 64
PLAN = checkpoint.Plan(steps=4000, rate=1.5e-3, warm=100)
SNR_GAMMA = 5.0
"""gamma of Hang et al.: the signal-to-noise ratio above which a time counts no more than another."""
EMA_DECAY = 0.998
"""Of the exponential moving average, once there are enough steps."""


@dataclass(frozen=True, slots=True)
class Nets:
    """What is trained in this stage."""

    unet: UNet2DConditionModel
    text: CLIPTextModel

    def parameters(self) -> list[nn.Parameter]:
        """Of both, in one order."""
        return [*self.unet.parameters(), *self.text.parameters()]


def fresh(tokenizer: CLIPTokenizer) -> Nets:
    """Untrained."""
    return Nets(unet(), text_encoder(tokenizer))


def snr() -> Tensor:
    """(1000,): signal-to-noise ratio of each time."""
    kept = scheduler().alphas_cumprod
    return kept / (1 - kept)


def loss_of(nets: Nets, clean: Tensor, tokens: Tensor, ratio: Tensor, generator: torch.Generator) -> Tensor:
    """Weighted squared error of the predicted noise. clean: (B, 4, 8, 8), tokens: (B, 16), ratio: (1000,)."""
    noise = torch.randn(clean.shape, generator=generator)
    time = torch.randint(len(ratio), (len(clean),), generator=generator)
    signal = ratio / (1 + ratio)  # the schedule's cumulated product of alphas
    kept = signal[time].view(-1, 1, 1, 1)
    noisy = kept.sqrt() * clean + (1 - kept).sqrt() * noise
    guess = nets.unet(noisy, time, nets.text(tokens).last_hidden_state).sample
    weight = ratio[time].clamp(max=SNR_GAMMA) / ratio[time]
    return (weight * F.mse_loss(guess, noise, reduction="none").mean((1, 2, 3))).mean()


def update_ema(ema: list[Tensor], parameters: list[nn.Parameter], step: int) -> None:
    """The average moves on; in the beginning it forgets faster."""
    decay = min(EMA_DECAY, (1 + step) / (10 + step))
    torch._foreach_lerp_(ema, [parameter.detach() for parameter in parameters], 1 - decay)


def train(plan: checkpoint.Plan = PLAN, seed: int = SEED) -> None:
    """Goes on from the last save."""
    torch.manual_seed(seed)
    clean, said, _ = latents()
    tokenizer = write(checkpoint.FOLDER / "tokenizer")
    nets, generator, ratio = fresh(tokenizer), torch.Generator().manual_seed(seed), snr()
    parameters = nets.parameters()
    optimiser = torch.optim.AdamW(parameters, plan.rate, betas=(0.9, 0.99), weight_decay=0.01)
    ema = [parameter.detach().clone() for parameter in parameters]
    start, watch = 0, checkpoint.stop_watch(0.0)
    if saved := checkpoint.load("diffusion"):
        nets.unet.load_state_dict(saved["unet"])
        nets.text.load_state_dict(saved["text"])
        optimiser.load_state_dict(saved["optimiser"])
        generator.set_state(saved["generator"])
        ema, start, watch = saved["ema"], saved["step"], checkpoint.stop_watch(saved["seconds"])

    def state(done: int) -> dict[str, Any]:
        held = {"unet": nets.unet.state_dict(), "text": nets.text.state_dict(), "ema": ema, "generator": generator.get_state()}
        return {**held, "optimiser": optimiser.state_dict(), "step": done, "seconds": watch(), "seed": seed}

    recent = 1.0
    for step, rate in checkpoint.steps("diffusion", plan, start, state):
        optimiser.param_groups[0]["lr"] = rate
        index = torch.randint(len(clean), (BATCH,), generator=generator)
        tokens = numbers(tokenizer, [spoken(said[int(place)], generator) for place in index])
        loss = loss_of(nets, clean[index], torch.tensor(tokens), ratio, generator)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        update_ema(ema, parameters, step)
        recent += (loss.item() - recent) * max(0.02, 1 / (step + 1))
        if step % 50 == 0:
            print(f"diffusion: step {step}: loss {recent:.4f}", flush=True)


def averaged(tokenizer: CLIPTokenizer) -> tuple[Nets, dict[str, Any]]:
    """The EMA of the last save, as networks, and the save."""
    saved = checkpoint.needed("diffusion")
    nets = fresh(tokenizer)
    with torch.no_grad():
        for parameter, average in zip(nets.parameters(), saved["ema"], strict=True):
            parameter.copy_(average)
    return nets, saved
