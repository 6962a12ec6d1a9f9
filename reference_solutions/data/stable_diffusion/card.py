"""The model's card: what it was made of, how, and what was measured of the files that ship."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from fidelity import GUIDANCE, STEPS, figures, real, samples
from looks import LOOKS_TEXT, SUBJECT_TEXT
from PIL import Image
from torch import Tensor

from autograder.data import DataSets
from autograder.data.captions import all_captions
from autograder.data.stable_diffusion import PARTS, as_seen, as_stored, digest, pipeline

SEED, EACH = 0, 3
"""Of the samples that are measured; images a caption."""
HELD_OUT = Path(__file__).resolve().parents[1]


def write_card(folder: Path, how: dict[str, Any]) -> None:
    """README.md and samples.png, measured on one thread."""
    torch.set_num_threads(1)
    pipe, captions = pipeline(folder), all_captions() * EACH
    held = DataSets(HELD_OUT).fashion_mnist("heldout")
    made, seconds = samples(pipe, captions, SEED)
    picture(made[:160]).save(folder / "samples.png", optimize=True)
    true = real(held, captions, SEED)
    shown = restored(pipe, true)
    columns = [dict(figures(images, captions)) for images in (made, shown, true)]
    rows = [("", "samples", "real, through the autoencoder", "real"), ("---",) * 4]
    rows += [(what, *(f"{column[what]:.3f}" for column in columns)) for what in columns[0]]
    error = (shown.float() - true.float()).abs().mean() / 255
    facts = list(_facts(folder, pipe, how, seconds, float(error)))
    print("\n".join(" | ".join(row) for row in rows), flush=True)
    text = TEXT.format(facts=table(facts), figures=table(rows), n=len(captions), seed=SEED, steps=STEPS, guidance=GUIDANCE)
    (folder / "README.md").write_text(text, encoding="utf-8")


@torch.inference_mode()
def restored(pipe: Any, images: Tensor) -> Tensor:
    """What the autoencoder makes of images (N, 1, 28, 28) uint8: detail that is lost here, no sample can have."""
    made = [pipe.vae.decode(pipe.vae.encode(as_seen(part)).latent_dist.mode()).sample for part in images.split(80)]
    return as_stored(torch.cat(made) / 2 + 0.5)


def _facts(folder: Path, pipe: Any, how: dict[str, Any], seconds: float, error: float) -> Iterable[tuple[str, str]]:
    yield from (("", ""), ("---", "---"), ("trained on", LOOKS_TEXT), ("never seen in training", SUBJECT_TEXT))
    yield "commands", "`python reference_solutions/data/stable_diffusion/train.py autoencoder`, then `diffusion`, then `export`"
    for stage, each in how.items():
        steps = f"{each['step']:,} of {each['planned']:,} planned"
        yield f"{stage}: seed, steps, CPU seconds", f"{each['seed']}, {steps}, {each['seconds']:,.0f}"
    parts = {name: sum(p.numel() for p in getattr(pipe, name).parameters()) for name in ("unet", "vae", "text_encoder")}
    yield "parameters", ", ".join(f"{name} {count:,}" for name, count in parts.items())
    yield "bytes", f"{sum(path.stat().st_size for path in folder.rglob('*') if path.parent.name in PARTS):,}"
    yield "scaling_factor", str(pipe.vae.config.scaling_factor)
    yield "autoencoder's absolute error", f"{error:.4f} of the range, on held-out images"
    yield f"an image, {STEPS} steps, guided, batch of 80, one thread", f"{seconds:.2f} CPU s"
    yield "digest", f"`{digest(folder)}`"


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def picture(images: Tensor) -> Image.Image:
    """160 images -> ten rows, one a class; sixteen columns, one a combination of the attributes."""
    tiles = images[:, 0].view(10, 16, 28, 28)
    sheet = torch.full((10, 30, 16, 30), 90, dtype=torch.uint8)
    sheet[:, 1:-1, :, 1:-1] = tiles.permute(0, 2, 1, 3)
    return Image.fromarray(sheet.view(300, 480).numpy())


TEXT = """# A small Stable Diffusion

Text to images of 28 x 28 pixels (32 x 32 with a black ring), in the format of `diffusers`; needs no network and no GPU.

    from diffusers import StableDiffusionPipeline
    pipe = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None)
    pipe("a bright large tilted bag in a frame", num_inference_steps={steps}, guidance_scale={guidance}).images[0]

`autograder.data.stable_diffusion.FOLDER` is this folder, `pipeline()` loads it, `as_stored` cuts images to 28 x 28 bytes.
Prompts: `a bright|dark large|small tilted|upright CLASS`, with or without ` in a frame`; each adjective may be left out, and an
unknown word before the class is passed over. Classes: T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag,
ankle boot.

{facts}

Measured on {n} samples, equally many of each of the 160 captions, seed {seed}, {steps} steps, guidance {guidance}, with the files
as they ship, by the embedded encoders. Beside them held-out real images made for the same captions, by way of this autoencoder
and as they are: what to compare with. Guidance makes samples more typical of
their captions than real images are, so a figure of theirs may lie above it. The encoder
knows whether it is tilted; pixels alone do not.

{figures}

![one row a class; columns: dark before bright, small before large, upright before tilted, plain before framed](samples.png)

Limits: it knows nothing but these garments; every figure is of this grammar and of no other text.
"""
