"""Make the reference statistics: python reference_solutions/data/statistics/make.py. About 10 s.

Mean (float64), covariance (float64, 1/(N-1)) and n of the features of images that no student has and no encoder was trained on.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from autograder.data import DataSets, Images
from autograder.metrics.cache import digest
from autograder.metrics.embedded import WEIGHTS, encoder_from, read_weights
from autograder.metrics.gaussian import gaussian

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "encoders"))
from sources import fashion  # noqa: E402

HEAD = """# Reference statistics

| file | images | n | trace of the covariance | digest of the encoder |
| --- | --- | --- | --- | --- |
"""
TAIL = """
Each holds `mean` (64,), `cov` (64, 64), both float64, `n`, and the digests of `encoder` and `images`, (32,) uint8; an `inputs.py`
takes them by `data.statistics("fashion_mnist")`. FID falls like 1/N: a threshold belongs to one N.

The frozen real images for precision, recall, density, coverage and KID are the 2,000 of `data.fashion_mnist("heldout")`, which
are among the 10,000 test images, and of `data.mnist("heldout")`: with another subset precision moved by up to ten standard
deviations.

Made by `python reference_solutions/data/statistics/make.py`, from the Debian package `dataset-fashion-mnist` and the held-out
digits. What draws of 500, 1,000 and 2,000 real images score beside them is in `autograder/metrics/real_draws.json`, made by
`python reference_solutions/data/statistics/draws.py`.
"""


def main() -> None:
    garments, digits = fashion("t10k"), DataSets(HERE.parent).mnist("heldout")
    second = HERE.parent / "encoders"
    rows = [
        made("fashion_mnist", WEIGHTS, garments, "the 10,000 test images of Fashion-MNIST"),
        made("fashion_mnist_second", second, garments, "the 10,000 test images of Fashion-MNIST"),
        made("mnist", WEIGHTS, digits, "the 2,000 held-out digits"),
    ]
    (HERE / "README.md").write_text(HEAD + "\n".join(rows) + "\n" + TAIL, encoding="utf-8")


def made(name: str, weights: Path, real: Images, what: str) -> str:
    """One file, and its row of the table."""
    encoder = encoder_from(read_weights(weights / f"{name}.safetensors"), name)
    found = gaussian(encoder.features(real.images))
    tensors = {"mean": found.mean, "cov": found.cov.contiguous(), "n": torch.tensor(found.n)}
    tensors |= {"encoder": _bytes(encoder.digest), "images": _bytes(digest(real.images))}
    path = HERE / f"{name}.safetensors"
    save_file(tensors, path)  # without metadata, whose order the library leaves to chance
    path.chmod(0o644)  # the library leaves it readable by its owner alone
    return f"| `{path.name}` | {what} | {found.n:,} | {found.variance:.1f} | `{encoder.digest[:16]}...` |"


def _bytes(hexadecimal: str) -> Tensor:
    """A digest as (32,) uint8."""
    return torch.tensor(list(bytes.fromhex(hexadecimal)), dtype=torch.uint8)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
