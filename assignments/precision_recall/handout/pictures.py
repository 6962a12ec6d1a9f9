"""Pictures for the feedback: the same points and photographs in every run, so that yours stand beside the reference's."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from autograder.compare import shaped
from autograder.pictures import Picture

NAMES = ("others", "blurred", "noisy", "3 classes lost", "sneakers only", "24, repeated")
CLASSES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
NUMBERS = ("precision", "recall", "density", "coverage", "expected")
INK, PALE, GREEN, RED, BLUE, ORANGE = (40, 40, 40), (205, 205, 205), (60, 160, 80), (214, 60, 50), (66, 105, 208), (239, 145, 24)
UNIT = 125
"""Pixels to a unit of the plane."""
COLUMNS = 9


def balls(shown_balls, shown_plane, shown_strangers):
    """Real points and your balls around them, k = 1; generated points, green in a ball, red in none. Mind the outlier's ball"""
    radii = shaped(shown_balls, (70,), dtype=None, call="knn_radii").double().clamp(0, 9)
    canvas, draw = _canvas(480, 420)
    shades = Image.new("L", canvas.size, 255)
    for (x, y), r in zip(shown_plane, radii, strict=True):
        _circle(ImageDraw.Draw(shades), x, y, UNIT * float(r), fill=228)
    canvas.paste(Image.merge("RGB", (shades,) * 3))
    for (x, y), r in zip(shown_plane, radii, strict=True):
        _circle(draw, x, y, UNIT * float(r), outline=PALE)
    for x, y in shown_plane:
        _circle(draw, x, y, 3, fill=INK)
    inside = (torch.cdist(shown_plane, shown_strangers) <= radii[:, None]).any(0)
    for (x, y), held in zip(shown_strangers, inside.tolist(), strict=True):
        _circle(draw, x, y, 5, fill=GREEN if held else RED)
    share = f"{int(inside.sum())} of {len(inside)} are in a ball: precision {float(inside.double().mean()):.2f}"
    draw.text((10, 388), share, fill=INK, font=_font(22))
    return Picture(np.asarray(canvas))


def photographs(shown_reports, shown_images):
    """Nine photographs of each set, by your report: green is in a real ball, red in none. Right: your five numbers"""
    numbers = shaped(shown_reports["numbers"], (6, 5), dtype=None, call="the five numbers").double()
    outside = shaped(shown_reports["outside"], (6, 240), dtype=torch.bool, call="images outside")
    canvas, draw = _canvas(1010, 26 + 66 * len(NAMES))
    for column, name in enumerate(NUMBERS):
        draw.text((682 + 66 * column, 6), name, fill=INK, font=_font(13))
    for row, name in enumerate(NAMES):
        top = 26 + 66 * row
        draw.text((6, top + 22), name, fill=INK, font=_font(13))
        step = 21 if row == 5 else 7  # another of the 24 images each time
        for column in range(COLUMNS):
            left, place = 108 + 63 * column, step * column
            colour = RED if outside[row, place] else GREEN
            draw.rectangle((left, top, left + 59, top + 59), fill=colour)
            canvas.paste(_enlarged(shown_images[row, place, 0]), (left + 2, top + 2))
        for column, value in enumerate(numbers[row].tolist()):
            draw.text((690 + 66 * column, top + 20), f"{value:.2f}", fill=INK, font=_font(16))
    return Picture(np.asarray(canvas))


def classes(shown_reports, shown_real, shown_labels, shown_fake):
    """Coverage class by class, of three of the sets. Blue: your report. Orange line: the truth. Which classes were lost?"""
    found = shaped(shown_reports["by_class"], (6, 10), dtype=None, call="coverage by class").double().clamp(0, 1)
    canvas, draw = _canvas(860, 22 * 10 + 48)
    for panel, row in enumerate((0, 3, 4)):
        left = 84 + 260 * panel
        draw.text((left, 6), NAMES[row], fill=INK, font=_font(14))
        for c, true in enumerate(_by_class(shown_real, shown_labels, shown_fake[row])):
            top = 30 + 22 * c
            if not panel:
                draw.text((8, top), CLASSES[c], fill=INK, font=_font(13))
            draw.rectangle((left, top, left + 230, top + 16), fill=(242, 242, 242))
            draw.rectangle((left, top, left + round(230 * float(found[row, c])), top + 16), fill=BLUE)
            draw.rectangle((left + round(230 * true) - 1, top - 2, left + round(230 * true) + 1, top + 18), fill=ORANGE)
    return Picture(np.asarray(canvas))


def ranking(shown_realism, shown_images):
    """Photographs by your realism, from the least (left) to the most realistic: 240 blurred ones above, 240 noisy ones below"""
    scores = shaped(shown_realism, (2, 240), dtype=None, call="realism").double()
    canvas, draw = _canvas(12 * 63 + 12, 2 * 84 + 6)
    for row, images in enumerate((shown_images[1], shown_images[2])):
        order = scores[row].argsort()
        for column in range(12):
            place = int(order[round(column * 239 / 11)])
            left, top = 8 + 63 * column, 6 + 84 * row
            canvas.paste(_enlarged(images[place, 0]), (left, top))
            draw.text((left + 12, top + 59), f"{float(scores[row, place]):.2f}", fill=INK, font=_font(13))
    return Picture(np.asarray(canvas))


def _by_class(real, labels, fake):
    """The true coverage of each class."""
    between = torch.cdist(real.double(), fake.double(), compute_mode="donot_use_mm_for_euclid_dist")
    own = torch.cdist(real.double(), real.double(), compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
    full = between.amin(1) < own.topk(5, largest=False).values[:, -1]
    return [float(full[labels == c].double().mean()) for c in range(10)]


def _circle(draw, x, y, r, **paint):
    """Around a point of the plane, radius in pixels."""
    x, y = 205 + UNIT * float(x), 300 - UNIT * float(y)
    draw.ellipse((x - r, y - r, x + r, y + r), **paint)


def _enlarged(image):
    return Image.fromarray(image.numpy()).resize((56, 56), Image.Resampling.NEAREST)


def _canvas(width, height):
    canvas = Image.new("RGB", (width, height), (255, 255, 255))
    return canvas, ImageDraw.Draw(canvas)


def _font(size):
    return ImageFont.load_default(size)
