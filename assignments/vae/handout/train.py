"""Trains your VAE on Fashion-MNIST and saves vae.safetensors.

    python train.py [--epochs 20] [--seed 0] [--data FOLDER] [--out vae.safetensors]

Given to you whole. About 15 seconds without a GPU on the 8,000 images that come with the course. Expect the loss to fall from
about 330 to about 245 nats: rec falls all the way, kl rises in the first epochs (the code begins to carry something) and settles.
"""

import argparse
import importlib
import time
from pathlib import Path
from types import ModuleType

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from autograder.data import load

BATCH = 64
LEARNING_RATE = 2e-3


def train(vae: ModuleType, images: Tensor, epochs: int, seed: int) -> nn.Module:
    """A trained `vae.VAE()`. images: (N, 1, 28, 28) in [0, 1]. Prints one line of progress an epoch."""
    torch.manual_seed(seed)
    model = vae.VAE().train()
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    names = ("loss", "rec", "kl")
    for epoch in range(1, epochs + 1):
        start, total = time.perf_counter(), torch.zeros(3)
        batches = torch.randperm(len(images)).split(BATCH)
        for batch in batches:
            terms = vae.negative_elbo(model, images[batch])
            optimizer.zero_grad()
            terms["loss"].backward()
            optimizer.step()
            total += torch.stack([terms[name].detach() for name in names]) * len(batch)
        means = "   ".join(f"{name} {value:6.1f}" for name, value in zip(names, (total / len(images)).tolist(), strict=True))
        print(f"epoch {epoch:3d}/{epochs}   {means}   {time.perf_counter() - start:4.1f} s", flush=True)
    return model.eval()


def main() -> None:
    """Train the VAE of vae.py, with the options of the command line."""
    parser = argparse.ArgumentParser(description="Train a VAE on Fashion-MNIST.")
    parser.add_argument("--data", type=Path, help="folder with train-images-idx3-ubyte.gz; default: the first place found")
    parser.add_argument("--download", action="store_true", help="let torchvision fetch the whole set first: needs a network")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("vae.safetensors"))
    options = parser.parse_args()
    found = load("fashion_mnist", options.data, download=options.download)
    print(f"{len(found.images):,} images ({found.source})")
    model = train(importlib.import_module("vae"), found.images.float() / 255, options.epochs, options.seed)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, options.out)
    print(f"saved {options.out} ({options.out.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
