"""What the encoders are trained on and measured with: all of Fashion-MNIST, from the system's package, and augmentation."""

from __future__ import annotations

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.data import NAMES, Images
from autograder.data.idx import read_idx

HELD_OUT = Path(__file__).resolve().parents[1]


def fashion(part: str) -> Images:
    """`train`: 60,000 images. `t10k`: 10,000."""
    folder = NAMES["fashion_mnist"][1]
    images = torch.from_numpy(read_idx(folder / f"{part}-images-idx3-ubyte.gz")).unsqueeze(1)
    return Images(images, torch.from_numpy(read_idx(folder / f"{part}-labels-idx1-ubyte.gz")).long(), str(folder))


def augmented(images: Tensor, generator: torch.Generator) -> Tensor:
    """Turned up to 10 degrees, zoomed up to 10 %, moved up to 2 pixels."""
    turn, zoom, right, down = (2 * torch.rand(4, len(images), generator=generator) - 1).unbind(0)
    angle, scale = turn * math.pi / 18, 1 + zoom / 10
    cos, sin = angle.cos() / scale, angle.sin() / scale
    affine = torch.stack([torch.stack([cos, sin, right / 7], 1), torch.stack([-sin, cos, down / 7], 1)], 1)  # 2 px of 14
    grid = F.affine_grid(affine, list(images.shape), align_corners=False)
    return F.grid_sample(images.float(), grid, align_corners=False).round().to(torch.uint8)
