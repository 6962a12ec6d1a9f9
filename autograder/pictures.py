"""Pictures for feedback: grids of images and scatter plots, drawn outside from checked observations.

Takes tensors with values in [0, 1] (clipped) or uint8; gives a `Picture`, RGB uint8. Must never raise on odd but checked values.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

GAP = 2
PAPER = 255
COLOURS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e", "#7a7a7a")


@dataclass(frozen=True, slots=True)
class Picture:
    """An RGB image, (H, W, 3) uint8."""

    pixels: NDArray[np.uint8]

    def png(self) -> bytes:
        """The picture as PNG bytes."""
        buffer = io.BytesIO()
        Image.fromarray(self.pixels).save(buffer, format="PNG", optimize=True)
        return buffer.getvalue()


def grid(images: Tensor, *, columns: int = 8, scale: int = 2) -> Picture:
    """Images (N, C, H, W) or (N, H, W) in reading order."""
    tiles = _tiles(images)
    return _compose([tiles[i : i + columns] for i in range(0, len(tiles), columns)], scale)


def rows(*lines: Tensor, columns: int = 12, scale: int = 2) -> Picture:
    """One row of pictures for each tensor (N, C, H, W), the first `columns` of each: for comparing one above the other."""
    return _compose([_tiles(line)[:columns] for line in lines], scale)


def scatter(points: Tensor, labels: Tensor, names: Sequence[str], *, size: int = 420) -> Picture:
    """Points (N, 2), coloured by label (N,), with a legend of `names`."""
    canvas = Image.new("RGB", (size + 110, size), (PAPER, PAPER, PAPER))
    draw = ImageDraw.Draw(canvas)
    xy = points.detach().cpu().double().numpy()
    low, high = np.quantile(xy, 0.005, axis=0), np.quantile(xy, 0.995, axis=0)
    at = (xy - low) / np.maximum(high - low, 1e-12) * (size - 24) + 12
    for (x, y), label in zip(at.clip(0, size - 1), labels.tolist(), strict=True):
        draw.ellipse((x - 2, size - y - 2, x + 2, size - y + 2), fill=COLOURS[int(label) % len(COLOURS)])
    for i, name in enumerate(names):
        draw.ellipse((size + 8, 14 + 20 * i, size + 18, 24 + 20 * i), fill=COLOURS[i % len(COLOURS)])
        draw.text((size + 24, 13 + 20 * i), name, fill=(40, 40, 40))
    return Picture(np.asarray(canvas))


def _tiles(images: Tensor) -> list[NDArray[np.uint8]]:
    """Each image as (H, W, 3) uint8."""
    values = images.detach().cpu()
    if values.dim() == 3:
        values = values.unsqueeze(1)  # (N, 1, H, W)
    if values.dtype.is_floating_point:
        values = (values.nan_to_num(0.5).clamp(0, 1) * 255).round()
    array = values.clamp(0, 255).numpy().astype(np.uint8).transpose(0, 2, 3, 1)  # (N, H, W, C)
    return [np.repeat(tile, 3, axis=2) if tile.shape[2] == 1 else tile[:, :, :3] for tile in array]


def _compose(lines: Sequence[Sequence[NDArray[np.uint8]]], scale: int) -> Picture:
    """Lines of equally large tiles on paper, enlarged by whole pixels."""
    filled = [line for line in lines if line]
    if not filled:
        return Picture(np.full((8, 8, 3), PAPER, np.uint8))
    height, width = filled[0][0].shape[:2]
    across = max(len(line) for line in filled)
    sheet = np.full((len(filled) * (height + GAP) + GAP, across * (width + GAP) + GAP, 3), PAPER, np.uint8)
    for r, line in enumerate(filled):
        for c, tile in enumerate(line):
            top, left = GAP + r * (height + GAP), GAP + c * (width + GAP)
            sheet[top : top + height, left : left + width] = tile
    return Picture(sheet.repeat(scale, axis=0).repeat(scale, axis=1))
