"""Whether images show what they should: a class by a classifier, a subject by features, a caption by an image-text encoder."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.errors import MetricError
from autograder.metrics.gaussian import as_features


def class_accuracy(logits: Tensor, labels: Tensor) -> float:
    """Share of images (logits (N, K)) whose class, in a trusted classifier's eyes, is the label (N,) that was asked for."""
    return float((as_features(logits).argmax(1) == labels).double().mean())


def class_shares(logits: Tensor) -> Tensor:
    """(K,): share of the images in each class; a collapsed model has few."""
    rows = as_features(logits)
    return torch.bincount(rows.argmax(1), minlength=rows.shape[1]).double() / len(rows)


def image_image(generated: Tensor, real: Tensor, centre: Tensor | None = None) -> float:
    """Mean cosine of all pairs of features (N, D) and (M, D): CLIP-I and DINO of DreamBooth (arXiv:2208.12242, section 4.1).

    `centre` (D,): the mean of a data set, taken off first. It doubles the distance between the right subject and another one.
    """
    first, second = as_features(generated), as_features(real)
    if centre is not None:
        first, second = first - centre.double(), second - centre.double()
    return float((F.normalize(first, dim=1) @ F.normalize(second, dim=1).T).mean())


def image_text(images: Tensor, texts: Tensor) -> Tensor:
    """(N,): cosine of each image's embedding (N, D) and its own caption's (N, D); a caption of another image does not count."""
    first, second = as_features(images), as_features(texts)
    if first.shape != second.shape:
        raise MetricError(f"embeddings: expected one caption for each image, got {tuple(first.shape)} and {tuple(second.shape)}")
    return F.cosine_similarity(first, second, dim=1)


def clip_score(images: Tensor, texts: Tensor, w: float = 2.5) -> float:
    """Mean of w max(cos, 0) over image-caption pairs, clamped before the mean (Hessel et al. 2021, arXiv:2104.08718)."""
    return float((w * image_text(images, texts).clamp(min=0)).mean())


def diversity(features: Tensor) -> float:
    """Mean Euclidean distance of two different rows (N, D): 0 for one image many times."""
    rows = as_features(features)
    if len(rows) < 2:
        raise MetricError(f"features: expected at least 2 rows, got {len(rows)}")
    return float(torch.pdist(rows).mean())
