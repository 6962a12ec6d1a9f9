"""The parts of the pipeline and their sizes. Everything small is small on purpose: it has to train on two busy cores.

Widths are a small part of Stable Diffusion 1's; names, wiring, noise schedule and latent channels are the same, so
what works on this model works on the real one.
"""

from __future__ import annotations

from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

LENGTH = 16
"""Tokens of a prompt, start and end included; the longest caption takes 12."""
WIDTH = 64
"""Of the text encoder, hence of what cross-attention reads."""


def autoencoder() -> AutoencoderKL:
    """(N, 1, 32, 32) in [-1, 1] <-> latents (N, 4, 8, 8)."""
    return AutoencoderKL(
        in_channels=1, out_channels=1, sample_size=32, latent_channels=4, layers_per_block=1, norm_num_groups=8,
        block_out_channels=(16, 32, 32), down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
    )  # fmt: skip


def unet() -> UNet2DConditionModel:
    """Noisy latents (N, 4, 8, 8), time (N,), text (N, 16, 64) -> predicted noise (N, 4, 8, 8)."""
    return UNet2DConditionModel(
        sample_size=8, in_channels=4, out_channels=4, layers_per_block=1, norm_num_groups=16, block_out_channels=(48, 80),
        down_block_types=("CrossAttnDownBlock2D",) * 2, up_block_types=("CrossAttnUpBlock2D",) * 2,
        cross_attention_dim=WIDTH, attention_head_dim=4,  # four heads: the library reads this number as their count
    )  # fmt: skip


def text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """Token numbers (N, 16) -> states (N, 16, 64); a token sees those before it."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer), hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_hidden_layers=2, num_attention_heads=4,
            max_position_embeddings=LENGTH, projection_dim=WIDTH, hidden_act="quick_gelu",
            bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        )
    )  # fmt: skip


def scheduler() -> EulerDiscreteScheduler:
    """Stable Diffusion's noise schedule. Euler, because it scales its inputs: a loop that forgets to is then found out.

    `steps_offset=1` is what StableDiffusionPipeline would silently write into the configuration anyway.
    """
    return EulerDiscreteScheduler(
        num_train_timesteps=1000, beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012,
        prediction_type="epsilon", timestep_spacing="trailing", steps_offset=1,
    )  # fmt: skip
