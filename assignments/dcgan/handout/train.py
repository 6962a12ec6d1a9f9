"""Trains your DCGAN on Fashion-MNIST and saves the generator as dcgan.safetensors.

    python train.py [--epochs 4] [--seed 0] [--data FOLDER] [--out dcgan.safetensors]

Given to you whole. About 20 seconds without a GPU on the 8,000 images that come with the course. Every epoch prints both losses,
and two scores of 1,000 samples: the Inception Score (higher is better; real images have 8.6) and FID to 2,000 training images
(lower is better; untrained more than 400). The losses do not fall: that is how a game looks. Watch the scores.

What is saved is not the last generator but a moving average of its weights over the last hundred or so steps (Yazici et al.,
arXiv:1806.04498), because a game goes on in circles: one generator is luckier than the next, the average differs less.
"""

import argparse
import copy
import importlib
import time
from pathlib import Path
from types import ModuleType

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from autograder.data import load
from autograder.metrics import cache
from autograder.metrics.embedded import embedded
from autograder.metrics.frechet import frechet_distance
from autograder.metrics.inception import inception_score

BATCH = 32
LEARNING_RATE, BETAS = 2e-3, (0.5, 0.999)  # Adam; the paper: 0.0002 for networks and data that are far larger
AVERAGED = 0.99  # how much of the average is kept at each step
SCORED = 1000


class Average:
    """A copy of the generator whose weights are a moving average of those it had."""

    def __init__(self, generator: nn.Module) -> None:
        self.generator, self.steps = copy.deepcopy(generator).eval().requires_grad_(False), 0

    def update(self, generator: nn.Module) -> None:
        """Take in the weights after one more step; the first steps are forgotten sooner."""
        self.steps += 1
        keep = min(AVERAGED, self.steps / (self.steps + 10))
        for mean, now in zip(self.generator.state_dict().values(), generator.state_dict().values(), strict=True):
            mean.lerp_(now, 1 - keep) if mean.is_floating_point() else mean.copy_(now)


def train(dcgan: ModuleType, images: Tensor, epochs: int, seed: int) -> nn.Module:
    """A trained `dcgan.Generator()`. images: (N, 1, 28, 28) uint8. Prints one line of progress an epoch."""
    torch.manual_seed(seed)
    generator, discriminator = (net.apply(dcgan.weights_init).train() for net in (dcgan.Generator(), dcgan.Discriminator()))
    opt_g, opt_d = (torch.optim.Adam(net.parameters(), LEARNING_RATE, BETAS) for net in (generator, discriminator))
    average, shown = Average(generator), torch.randn(SCORED, dcgan.LATENT)
    for epoch in range(1, epochs + 1):
        start, total = time.perf_counter(), torch.zeros(2)
        batches = torch.randperm(len(images)).split(BATCH)
        for batch in batches:
            x = dcgan.prepare(images[batch])  # (B, 1, 28, 28) in [-1, 1]
            d_loss = dcgan.d_step(generator, discriminator, opt_d, x, torch.randn(len(batch), dcgan.LATENT))
            g_loss = dcgan.g_step(generator, discriminator, opt_g, torch.randn(len(batch), dcgan.LATENT))
            average.update(generator)
            total += torch.tensor([float(d_loss), float(g_loss)])
        losses = "   ".join(f"{name} {value:5.2f}" for name, value in zip("DG", (total / len(batches)).tolist(), strict=True))
        scores = score(dcgan.sample(average.generator, shown), images)
        print(f"epoch {epoch:3d}/{epochs}   {losses}   {scores}   {time.perf_counter() - start:4.1f} s", flush=True)
    return average.generator


def score(samples: Tensor, images: Tensor) -> str:
    """Inception Score and FID of samples (N, 1, 28, 28) uint8, by the encoder that ships with the course."""
    encoder = embedded("fashion_mnist")
    features = cache.gaussian_of(encoder, images[: 2 * SCORED])
    fid = frechet_distance(cache.gaussian_of(encoder, samples), features)
    return f"Inception Score {inception_score(encoder.logits(samples)):4.2f}   FID {fid:5.1f}"


def main() -> None:
    """Train the DCGAN of dcgan.py, with the options of the command line."""
    parser = argparse.ArgumentParser(description="Train a DCGAN on Fashion-MNIST.")
    parser.add_argument("--data", type=Path, help="folder with train-images-idx3-ubyte.gz; default: the first place found")
    parser.add_argument("--download", action="store_true", help="let torchvision fetch the whole set first: needs a network")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("dcgan.safetensors"))
    options = parser.parse_args()
    found = load("fashion_mnist", options.data, download=options.download)
    print(f"{len(found.images):,} images ({found.source})")
    generator = train(importlib.import_module("dcgan"), found.images, options.epochs, options.seed)
    save_file({name: value.contiguous() for name, value in generator.state_dict().items()}, options.out)
    print(f"saved {options.out} ({options.out.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
