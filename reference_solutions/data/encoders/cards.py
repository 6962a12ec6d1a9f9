"""Measure the encoders and write their cards: python reference_solutions/data/encoders/cards.py. A few minutes on one core.

Prints the digests, which `autograder/metrics/embedded.py` and `image_text.py` pin. Reads the files, not their pins.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from measure import accuracy, captions, distances
from safetensors import safe_open
from sources import HELD_OUT

from autograder.metrics.embedded import ARCHITECTURES, WEIGHTS, encoder_from, read_weights
from autograder.metrics.image_text import image_text_from

HEAD = {
    WEIGHTS: """# Encoders that ship

Small networks by which generated images are judged, trained for this course. Weights are float32 in safetensors, used in float64;
features are the 64 values after the last activation (GELU, which has no dead dimension), rounded to float32: they do not change
with the batch size or the number of threads. Pixels are taken as `1x28x28 [0,1] none`: uint8 divided by 255. A digest covers
name, preprocessing and weights; `embedded.py` and `image_text.py` pin it.
""",
    HELD_OUT / "encoders": """# The second opinion

An encoder of another architecture, seed and activation (SiLU) than the one that ships: its weights are the judge's alone, so that
images cannot be tuned to it. An assignment's `inputs.py` takes the weights by `data.encoder("fashion_mnist_second")`, and a
hidden check builds the encoder by `encoder_from(weights, "fashion_mnist_second")`.
""",
}


def card(path: Path) -> str:
    """One encoder's section."""
    with safe_open(path, "pt") as file:
        how = file.metadata()
    weights, name = read_weights(path), path.stem
    parameters = sum(value.numel() for value in weights.values())
    facts = [("trained on", how["data"]), ("command", f"`python reference_solutions/data/encoders/train.py {name}`"),
             ("seed, epochs, CPU seconds", f"{how['seed']}, {how['epochs']}, {how['cpu_seconds']}"),
             ("parameters, bytes", f"{parameters:,}, {path.stat().st_size:,}")]  # fmt: skip
    if name in ARCHITECTURES:
        encoder = encoder_from(weights, name)
        digest, held = encoder.digest, "2,000 held-out digits" if name == "mnist" else "10,000 test images"
        facts += [("digest", f"`{digest}`"), (f"accuracy on the {held}", f"{accuracy(encoder):.2%}")]
        tables = [table(("", name), facts), table((f"images, FID to the {held}", ""), distances(encoder))]
    else:
        towers = image_text_from(weights)
        digest = towers.digest
        facts.append(("digest", f"`{digest}`"))
        tables = [table(("", name), facts), table(("the 2,000 held-out images, captioned", "zero-shot"), captions(towers))]
    print(f'"{name}": "{digest}",', flush=True)
    return f"## {name}\n\n" + "\n".join(tables)


def table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"| {left} | {right} |" for left, right in (head, ("---", "---"), *rows)) + "\n"


if __name__ == "__main__":
    torch.set_num_threads(1)
    for folder, head in HEAD.items():
        cards = [card(path) for path in sorted(folder.glob("*.safetensors"))]
        (folder / "README.md").write_text("\n".join([head, *cards]), encoding="utf-8")
