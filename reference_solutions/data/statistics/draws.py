"""Measure the record of real images: python reference_solutions/data/statistics/draws.py. About 15 min on one core.

Draws of N real images are scored as generated ones are, against each frozen reference: mean and sd of every metric, and the mean
of its first-order standard error. No draw holds an image of the reference. Where the pool is small, draws share images and the sd
comes out too small: it is divided by sqrt(1 - N/pool), as for sampling without replacement. Also the tail limit of near copies.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

import torch
from torch import Tensor

from autograder.data import DataSets
from autograder.metrics import cache, reference, spread
from autograder.metrics.embedded import embedded, encoder_from
from autograder.metrics.encoder import Encoder
from autograder.metrics.memorisation import SHIFT, TAIL, hashes, tail_limit
from autograder.metrics.real_draws import RECORD
from autograder.metrics.report import SHOWN, measured, seen

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "encoders"))
from sources import fashion  # noqa: E402

SIZES, REPEATS, SEED = (500, 1000, 2000), 100, 0
DATA = DataSets(HERE.parent)


@dataclass(frozen=True)
class Source:
    """A reference, and the real images that are drawn beside it."""

    what: str
    encoder: Encoder
    reference: reference.Reference
    pool_is: str
    pool: Tensor


def sources() -> Iterator[Source]:
    """The judge's references, and the one a student has."""
    garments, held = fashion("train").images, DATA.fashion_mnist("heldout").images
    trained, digits = DATA.fashion_mnist("train").images, DATA.mnist("train").images
    first, second = embedded("fashion_mnist"), encoder_from(DATA.encoder("fashion_mnist_second"), "fashion_mnist_second")
    for encoder in (first, second):
        judge = reference.stored(DATA.statistics(encoder.name), held, encoder)
        yield Source("fashion_mnist heldout", encoder, judge, "the 60,000 training images", garments)
    known = hashes(trained)
    others = garments[[image.numpy().tobytes() not in known for image in garments]]
    student = reference.of_images(trained, first)
    yield Source("fashion_mnist train", first, student, f"the {len(others):,} training images that do not ship", others)
    encoder = embedded("mnist")
    judge = reference.stored(DATA.statistics("mnist"), DATA.mnist("heldout").images, encoder)
    yield Source("mnist heldout", encoder, judge, "the 8,000 digits that ship", digits)


def record(source: Source) -> dict[str, object]:
    generator = torch.Generator().manual_seed(SEED)
    features, logits = source.encoder.both(source.pool)
    real = seen(source.reference, source.encoder)
    draws: dict[str, dict[str, dict[str, float]]] = {}
    for n in SIZES:
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in SHOWN}
        for _ in range(REPEATS):
            index = torch.randperm(len(features), generator=generator)[:n]
            for name, pair in measured(features[index], logits[index], real).items():
                found[name].append(pair)
        draws[str(n)] = {name: spread.as_dict(_summary(pairs, n / len(features))) for name, pairs in found.items()}
        print(source.what, source.encoder.name, n, draws[str(n)], flush=True)
    return {"name": source.what, "encoder": f"{source.encoder.name} {source.encoder.digest}", "pool": source.pool_is,
            "preprocessing": source.encoder.preprocess.name, "repeats": REPEATS, "draws": draws}  # fmt: skip


def _summary(pairs: list[tuple[float, float]], share: float) -> spread.Draws:
    values, errors = zip(*pairs, strict=True)
    return spread.Draws(fmean(values), stdev(values) / (1 - share) ** 0.5, fmean(errors))


def limits() -> dict[str, dict[str, object]]:
    """Name of a data set -> its tail limit, from all the test images there are."""
    tested = {"fashion_mnist": fashion("t10k").images, "mnist": DATA.mnist("heldout").images}
    shipped = {"fashion_mnist": DATA.fashion_mnist("train").images, "mnist": DATA.mnist("train").images}
    found: dict[str, dict[str, object]] = {}
    for name, images in tested.items():
        limit = tail_limit(images, shipped[name])
        found[name] = {"limit": round(limit, 4), "tail": TAIL, "shift": SHIFT, "held_out": len(images),
                       "data": cache.digest(shipped[name])}  # fmt: skip
        print(name, found[name], flush=True)
    return found


def main() -> None:
    torch.set_num_threads(1)
    command = "python reference_solutions/data/statistics/draws.py"
    references = {source.reference.digest: record(source) for source in sources()}
    text = json.dumps({"made_by": command, "references": references, "tail_limits": limits()}, indent=1)
    RECORD.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
