"""Trains your autoencoder on MNIST and saves it: about 5 seconds on a laptop, without a GPU.

    python train.py                          # autoencoder.safetensors
    python train.py --epochs 40 --seed 3     # longer, another start
    python train.py --data ~/data            # a folder with MNIST (torchvision's layout works)

Prints the loss of each epoch (squared error per image) and the error per pixel on 500 digits that are kept back.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from autoencoder import Autoencoder, train_epoch
from safetensors.torch import save_file
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from autograder.data import load

BATCH = 64
LEARNING_RATE = 2e-3
KEPT_BACK = 500


def digits(path: Path | None = None, *, download: bool = False) -> tuple[Tensor, Tensor]:
    """MNIST images (N, 1, 28, 28) with values in [0, 1], labels (N,)."""
    data = load("mnist", path, download=download)
    print(f"{len(data.images):,} digits: {data.source}")
    return data.images.float() / 255, data.labels


def train(images: Tensor, labels: Tensor, epochs: int, seed: int) -> Autoencoder:
    """A trained model; prints one line for each epoch."""
    torch.manual_seed(seed)
    model = Autoencoder()
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    kept = images[:KEPT_BACK]  # (500, 1, 28, 28)
    data = TensorDataset(images[KEPT_BACK:], labels[KEPT_BACK:])
    loader = DataLoader(data, batch_size=BATCH, shuffle=True)
    start = time.perf_counter()
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model, loader, optimizer)
        model.eval()
        with torch.no_grad():
            error = float((model(kept) - kept).square().mean())
        seconds = time.perf_counter() - start
        print(f"epoch {epoch:3d}/{epochs}   loss {loss:8.3f}   error per pixel {error:.5f}   {seconds:5.1f} s", flush=True)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with MNIST; left out: the best place that has it")
    parser.add_argument("--download", action="store_true", help="let torchvision fetch the whole set first: needs a network")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("autoencoder.safetensors"))
    arguments = parser.parse_args()
    images, labels = digits(arguments.data, download=arguments.download)
    model = train(images, labels, arguments.epochs, arguments.seed)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, arguments.out)
    print(f"saved {arguments.out}")


if __name__ == "__main__":
    main()
