"""Pictures for the feedback: the same photographs, sizes and matrix in every run, and the same axes."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from autograder.compare import shaped
from autograder.pictures import COLOURS, Picture

PAPER, INK, PALE = (255, 255, 255), (40, 40, 40), (215, 215, 215)
SETS = ("600 photographs", "600 others", "with noise", "blurred, 3 x 3", "blurred, 5 x 5", "sneakers only", "noise alone")
SHOWN = 13
"""Photographs of each set."""
CURVES = ("other photographs", "the same, blurred")
TOP, WIDEST = 36.0, 0.0108
"""The largest FID and the largest 1/N that the plot shows."""


def damage(gallery_scores, gallery_photos):
    """FID of damaged photographs against the first row, by all of your functions together"""
    scores = ["", *(f"FID {score:.1f}" for score in gallery_scores)]
    canvas, draw = _canvas(150 + 57 * SHOWN, 58 * len(SETS) + 4)
    for row, (name, score) in enumerate(zip(SETS, scores, strict=True)):
        draw.text((8, 58 * row + 12), name, fill=INK, font=_font(15))
        draw.text((8, 58 * row + 31), score, fill=COLOURS[0], font=_font(15))
        for column, photo in enumerate(gallery_photos[row, :SHOWN, 0]):
            tile = Image.fromarray(photo.numpy()).resize((54, 54), Image.Resampling.NEAREST)
            canvas.paste(tile, (150 + 57 * column, 58 * row + 4))
    return Picture(np.asarray(canvas))


def bias(gallery_bias, many_sizes):
    """Your FID against 1/N, N from 2,000 (left) to 100 images, and your fid_infinity as a ring on the left edge"""
    scores = shaped(gallery_bias["scores"], (2, 6), call="FID for six sizes").double()
    canvas, draw = _canvas(740, 330)
    for level in range(0, 31, 10):
        draw.line((*_at(0, level), *_at(WIDEST, level)), fill=PALE)
        draw.text((22, _at(0, level)[1] - 9), f"{level:2d}", fill=INK, font=_font(14))
    for n in many_sizes.tolist():
        draw.line((*_at(1 / n, 0), *_at(1 / n, TOP)), fill=PALE)
        if n <= 1000:
            draw.text((_at(1 / n, 0)[0] - 14, _at(0, 0)[1] + 6), f"{n}", fill=INK, font=_font(14))
    draw.text((_at(0, 0)[0] - 30, _at(0, 0)[1] + 6), "infinite", fill=INK, font=_font(14))
    draw.text((320, 306), "N, spaced as 1/N", fill=INK, font=_font(14))
    for curve, (ys, infinity) in enumerate(zip(scores.tolist(), gallery_bias["infinity"], strict=True)):
        _draw_curve(draw, COLOURS[2 * curve], many_sizes, ys, infinity)
        told = f"{CURVES[curve]}: fid_infinity {infinity:.2f}"
        draw.text((70, 10 + 20 * curve), told, fill=COLOURS[2 * curve], font=_font(14))
    return Picture(np.asarray(canvas))


def root(gallery_root, gallery_matrix):
    """A covariance A (left), your root S, and S S (right), which has to look like A; blue is positive, red negative"""
    squared = shaped(gallery_root["squared"], (24, 24), dtype=torch.float64, call="S S")
    found = shaped(gallery_root["root"], (24, 24), dtype=torch.float64, call="S")
    most = float(gallery_matrix.max())
    canvas, draw = _canvas(3 * 180 + 12, 204)
    shown = (("A", gallery_matrix, most), ("S = sqrtm_psd(A)", found, most**0.5), ("S S", squared, most))
    for column, (name, matrix, largest) in enumerate(shown):
        canvas.paste(_heat(matrix / largest), (12 + 180 * column, 26))
        draw.text((12 + 180 * column, 5), name, fill=INK, font=_font(14))
    return Picture(np.asarray(canvas))


def _draw_curve(draw, colour, sizes, ys, infinity):
    """Points, and the line through their middle that meets the left edge at `infinity`."""
    xs = [1 / n for n in sizes.tolist()]
    slope = (sum(ys) / len(ys) - infinity) / (sum(xs) / len(xs))
    draw.line((*_at(0, infinity), *_at(WIDEST, infinity + slope * WIDEST)), fill=colour, width=2)
    for x, y in zip(xs, ys, strict=True):
        px, py = _at(x, y)
        draw.ellipse((px - 4, py - 4, px + 4, py + 4), fill=colour)
    px, py = _at(0, infinity)
    draw.ellipse((px - 6, py - 6, px + 6, py + 6), outline=colour, fill=PAPER, width=2)


def _at(x, y):
    """Place of a point (1/N, FID) on the plot; what lies outside is put on its edge."""
    return 52 + 660 * x / WIDEST, 278 - 262 * min(max(y, -1.0), TOP) / TOP


def _heat(matrix):
    """A matrix with values in [-1, 1] as an image: white is 0."""
    value = matrix.clamp(-1, 1)[..., None]  # (D, D, 1)
    blue, red = torch.tensor([30.0, 80.0, 170.0]), torch.tensor([200.0, 60.0, 40.0])
    colour = 255 - value.abs() * (255 - torch.where(value > 0, blue, red))  # (D, D, 3)
    small = Image.fromarray(colour.round().to(torch.uint8).numpy())
    return small.resize((168, 168), Image.Resampling.NEAREST)


def _canvas(width, height):
    canvas = Image.new("RGB", (width, height), PAPER)
    return canvas, ImageDraw.Draw(canvas)


def _font(size):
    return ImageFont.load_default(size)
