"""All metrics of one set of images in one call, for train.py, pictures and notebooks; checks call the metric that they judge."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from autograder.metrics import cache, memorisation, spread
from autograder.metrics.encoder import Encoder
from autograder.metrics.frechet import frechet_distance
from autograder.metrics.gaussian import Gaussian, gaussian
from autograder.metrics.inception import inception_score
from autograder.metrics.kernel import kernel_of
from autograder.metrics.manifold import Manifold, coverage_of, manifold, overlap
from autograder.metrics.memorisation import mifid_distance
from autograder.metrics.real_draws import drawn
from autograder.metrics.reference import Reference
from autograder.metrics.spread import Draws

SHOWN = {
    "fid": "FID", "kid": "KID", "inception_score": "Inception Score",
    "precision": "precision", "recall": "recall", "density": "density", "coverage": "coverage",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its standard error."""

    value: float
    spread: float | None
    """One standard error over draws of as many images; None where no draws of real images are on record."""
    real: Draws | None
    """The same metric of as many real images."""

    def __str__(self) -> str:
        if self.spread is None or self.real is None:
            return f"{self.value:.4g} (spread not on record)"
        return f"{self.value:.4g} ± {self.spread:.2g} (real images {self.real.mean:.3g} ± {self.real.sd:.2g})"


@dataclass(frozen=True, slots=True)
class Scores:
    """What is known of a set of images. Size, preprocessing, encoder and reference belong to every number."""

    n: int
    preprocessing: str
    encoder: str
    """Name and digest."""
    reference: str
    """Digest of the real images."""
    metrics: dict[str, Estimate]
    """By the names of `SHOWN`."""
    unique: int
    """How many of the images differ."""
    copied: int | None = None
    """How many are among the training images, byte for byte; None when these were not given."""
    nearest_cosine: float | None = None
    """Mean least cosine distance to the training images' features, MiFID's second factor: shown, judged by nobody."""

    def __str__(self) -> str:
        lines = [f"{self.n} images, {self.unique} different"]
        if self.copied is not None and self.nearest_cosine is not None:
            near = f"cosine distance to the nearest {self.nearest_cosine:.3g}"
            lines.append(f"beside the training images: {self.copied} copied, {near}")
        lines += [f"{SHOWN[name]}: {estimate}" for name, estimate in self.metrics.items()]
        name, digest = self.encoder.split()
        lines.append(f"encoder {name} {digest[:12]}, preprocessing {self.preprocessing}, reference {self.reference[:12]}")
        return "\n".join(lines)


def scores(images: Tensor, encoder: Encoder, reference: Reference, training: Tensor | None = None) -> Scores:
    """Scores of uint8 images (N, C, H, W) beside real ones."""
    real, draws = seen(reference, encoder), drawn(reference.digest, len(images))
    features, logits = cache.encoded(encoder, images)
    values = measured(features, logits, real)
    return Scores(
        n=len(images), preprocessing=encoder.preprocess.name, encoder=f"{encoder.name} {encoder.digest}",
        reference=reference.digest, metrics={name: _estimate(*values[name], draws.get(name)) for name in SHOWN},
        unique=memorisation.unique(images), copied=None if training is None else memorisation.copies(images, training),
        nearest_cosine=None if training is None else mifid_distance(features, cache.encoded(encoder, training)[0]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Real:
    """A reference as an encoder sees it."""

    gaussian: Gaussian
    features: Tensor
    manifold: Manifold


def seen(reference: Reference, encoder: Encoder) -> Real:
    """From the cache."""
    images = reference.images
    return Real(reference.gaussian, cache.encoded(encoder, images)[0], cache.manifold_of(encoder, images))


def measured(features: Tensor, logits: Tensor, real: Real) -> dict[str, tuple[float, float]]:
    """Metric -> its value, and its standard error by the first-order formula alone."""
    own, kernel = gaussian(features), kernel_of(features, real.features)
    found = overlap(real.manifold, manifold(features))
    shares, errors = coverage_of(found), spread.of_coverage(found)
    return {
        "fid": (frechet_distance(own, real.gaussian), spread.of_fid(features, own, real.gaussian)),
        "kid": (kernel.distance, spread.of_kid(kernel)),
        "inception_score": (inception_score(logits), spread.of_inception_score(logits)),
        **{name: (getattr(shares, name), error) for name, error in errors.items()},
    }


def _estimate(value: float, formula: float, real: Draws | None) -> Estimate:
    return Estimate(value, None if real is None else real.beside(formula), real)
