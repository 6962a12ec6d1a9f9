"""Pictures for the feedback, of the same six sets of images in every run: what the classifier says, and what score comes out."""

import numpy
import torch
from PIL import Image, ImageDraw, ImageFont

from autograder.compare import shaped
from autograder.pictures import Picture

NAMES = ("real", "five classes", "one class", "ten, repeated", "blurred", "noise")
INK, PALE, BLUE, ORANGE = (40, 40, 40), (205, 205, 205), (66, 105, 208), (239, 145, 24)
ROW = 64
"""Height of a set's row in pixels."""


def predictions(shown_predictions, shown_sets):
    """Six sets of images. Left: eight of 240. Middle: p(y|x) of sixty, dark is probable. Right: p(y), the mean over all 240"""
    p = shaped(shown_predictions, (6, 240, 10), dtype=None, call="predict_probs").double().clamp(0, 1)
    canvas, draw = _canvas(900, 6 * ROW + 22)
    for x, text in ((112, "images"), (370, "p(y|x): a column for each image, a row for each class"), (756, "p(y)")):
        draw.text((x, 3), text, fill=INK, font=_font())
    for i, name in enumerate(NAMES):
        top = 22 + i * ROW
        draw.text((8, top + 19), name, fill=INK, font=_font())
        _paste(canvas, torch.cat(list(shown_sets[i, ::30, 0]), 1), 112, top + 14)  # eight images side by side, (28, 224)
        shown = 1 - p[i, ::4].T  # (10, 60)
        _paste(canvas, (255 * shown.repeat_interleave(5, 0).repeat_interleave(6, 1)).round(), 370, top + 4)  # (50, 360)
        for k, share in enumerate(p[i].mean(0).tolist()):
            y = top + 4 + 5 * k
            draw.rectangle((756, y, 756 + round(130 * share), y + 3), fill=BLUE)
    return Picture(numpy.asarray(canvas))


def scores(shown_scores, shown_p):
    """Scores of the six sets, for probabilities that are right. Blue: what inception_score gives. Orange line: the true score"""
    got = [float(shaped(score, (), dtype=None, call="inception_score")) for score in shown_scores]
    canvas, draw = _canvas(640, 6 * 34 + 40)
    left, unit, bottom = 110, 48, 6 * 34 + 14
    for score in range(1, 11):
        x = left + unit * (score - 1)
        draw.line((x, 8, x, bottom), fill=PALE)
        draw.text((x - 4, bottom + 4), str(score), fill=INK, font=_font())
    for i, (name, rows, value) in enumerate(zip(NAMES, shown_p, got, strict=True)):
        top = 12 + i * 34
        draw.text((8, top + 5), name, fill=INK, font=_font())
        width = unit * (min(max(value, 1.0), 10.8) - 1)
        draw.rectangle((left, top + 2, left + max(width, 1), top + 24), fill=BLUE)
        true = left + unit * (float(_score(rows)) - 1)
        draw.rectangle((true - 1, top - 1, true + 1, top + 27), fill=ORANGE)
        draw.text((left + max(width, true - left) + 8, top + 5), f"{value:.2f}", fill=INK, font=_font())
    return Picture(numpy.asarray(canvas))


def _score(p):
    """exp of the mean KL of the rows (N, K) to their mean."""
    kl = torch.special.xlogy(p, p) - torch.special.xlogy(p, p.mean(0))
    return kl.sum(1).mean().exp()


def _canvas(width, height):
    canvas = Image.new("RGB", (width, height), (255, 255, 255))
    return canvas, ImageDraw.Draw(canvas)


def _font():
    return ImageFont.load_default(14)


def _paste(canvas, grey, x, y):
    """Grey values (H, W) from 0 to 255 at this place."""
    canvas.paste(Image.fromarray(grey.to(torch.uint8).numpy()), (x, y))
