"""Trace of the square root of a product of two covariances, four ways: python bench/frechet.py. About 4 min on two idle cores.

It is all the work there is in an FID once the features are known. `ours` is `autograder.metrics.frechet.trace_sqrt_product`;
the others are what FID code elsewhere does. Differences are relative to SciPy's square root. `--largest 512` leaves 2,048 out.
On a machine that does other work too, threads wait for each other: set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 there.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

from autograder.metrics.frechet import trace_sqrt_product
from autograder.metrics.gaussian import gaussian

SIZES = (64, 512, 2048)
"""This course's encoders, a small pretrained network, Inception-v3."""
WAYS: dict[str, Callable[[Tensor, Tensor], float]] = {
    "scipy.linalg.sqrtm": lambda a, b: float(np.trace(scipy.linalg.sqrtm(a.numpy() @ b.numpy())).real),
    "torch.linalg.eigvals": lambda a, b: float(torch.linalg.eigvals(a @ b).sqrt().real.sum()),
    "ours": lambda a, b: float(trace_sqrt_product(a, b)),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One way at one size."""

    size: int
    way: str
    seconds: float
    """Wall time, the best of five (of one from 1,000 dimensions on)."""
    trace: float
    difference: float
    """Relative to the first way, SciPy's square root."""


def main(sizes: Sequence[int] = SIZES) -> list[Row]:
    """All ways at all sizes, as printed."""
    print(f"{torch.get_num_threads()} threads; trace of (C1 C2)^(1/2), covariances of 2 D rows of D correlated features")
    print(f"{'D':>5}  {'way':<21} {'seconds':>9}  {'trace':>14}  relative difference")
    return [row for size in sizes for row in measured(size)]


def measured(size: int) -> list[Row]:
    """The ways at one size."""
    a, b = covariances(size)
    small = covariances(8)
    rows: list[Row] = []
    for way, trace_of in WAYS.items():
        trace_of(*small)
        seconds, trace = timed(lambda trace_of=trace_of: trace_of(a, b), times=5 if size < 1000 else 1)
        first = rows[0].trace if rows else trace
        rows.append(Row(size, way, seconds, trace, abs(trace - first) / first))
        print(f"{size:>5}  {way:<21} {seconds:>9.4f}  {trace:>14.6f}  {rows[-1].difference:.1e}", flush=True)
    return rows


def timed(work: Callable[[], float], times: int) -> tuple[float, float]:
    """(wall seconds of the quickest, what came of it)."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        value = work()
        found.append((time.perf_counter() - start, value))
    return min(found)


def covariances(size: int) -> tuple[Tensor, Tensor]:
    """Two (D, D) float64, of features as a network gives them: correlated, of unequal spread, none negative."""
    generator = torch.Generator().manual_seed(size)

    def one(scale: float) -> Tensor:
        mixing = torch.randn(size, size, generator=generator, dtype=torch.float64) / size**0.5
        rows = torch.randn(2 * size, size, generator=generator, dtype=torch.float64) @ mixing
        return gaussian((scale * rows + 0.3).relu()).cov

    return one(1.0), one(1.5)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=int, default=max(SIZES), help="leave out sizes above this")
    largest = parser.parse_args().largest
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # SciPy's, of an argument that is not used here
        main([size for size in SIZES if size <= largest])
