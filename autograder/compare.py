"""Comparison helpers for checks: refuse wrong type, shape, dtype and non-finite values, then compare.

Each failure says what was called, what was expected, what came, and the likely cause. A comparison is phrased so that NaN can
never pass it: `not (difference <= tolerance)`, after `isfinite`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from autograder.checks import CheckFailed
from autograder.limit import Limit

Expected = Tensor | float | int
Shape = Sequence[int | None]


def same(
    got: Any,
    want: Expected,
    *,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    dtype: torch.dtype | None = torch.float32,
    call: str = "the answer",
    suspects: Mapping[str, Expected] | None = None,
) -> None:
    """`got` has the shape of `want`, dtype `dtype` (None: any floating or integer type) and its values within the tolerance.

    `suspects` maps a likely mistake to the value it would have given; the first one that fits is named in the message.
    """
    truth = torch.as_tensor(want, dtype=torch.float64)
    answer = shaped(got, truth.shape, dtype=dtype, call=call).double()
    if _within(answer, truth, rtol, atol):
        return
    cause = _suspect(answer, suspects or {}, rtol, atol) or _likely_cause(answer, truth, rtol)
    raise CheckFailed(f"{call}: {_difference(answer, truth, rtol, atol)}", cause=cause)


def shaped(
    got: Any, shape: Shape, *, dtype: torch.dtype | None = torch.float32, call: str = "the answer", cause: str = ""
) -> Tensor:
    """`got` as a finite tensor of this shape (None: any size in that place) and dtype; a Python number counts as a scalar."""
    if isinstance(got, (int, float)) and not isinstance(got, bool):
        got, dtype = torch.tensor(float(got), dtype=torch.float64), None
    if not isinstance(got, Tensor):
        raise CheckFailed(f"{call}: expected a tensor of shape {_show(shape)}, got {_kind(got)}", cause=cause)
    if len(got.shape) != len(shape) or any(w is not None and w != g for g, w in zip(got.shape, shape, strict=True)):
        likely = cause or _shape_cause(tuple(got.shape), tuple(shape))
        raise CheckFailed(f"{call}: expected {_show(shape)}, got {_show(got.shape)}", cause=likely)
    if dtype is not None and got.dtype != dtype:
        raise CheckFailed(f"{call}: expected dtype {_plain(dtype)}, got {_plain(got.dtype)}", cause=cause)
    if got.numel() == 0 and 0 not in shape:
        raise CheckFailed(f"{call}: expected {_show(shape)}, got an empty tensor {_show(got.shape)}", cause=cause)
    bad = int((~torch.isfinite(got)).sum())
    if bad:
        worst = "NaN" if bool(torch.isnan(got).any()) else "infinite"
        raise CheckFailed(
            f"{call}: expected finite numbers, got {bad} of {got.numel()} that are {worst}",
            cause=cause or "a logarithm of 0, a division by 0 or an overflow in exp?",
        )
    return got


def between(
    got: Any, low: float, high: float, *, shape: Shape | None = None, dtype: torch.dtype | None = torch.float32,
    call: str = "the answer", cause: str = "",
) -> Tensor:  # fmt: skip
    """Every element lies in [low, high]; gives the tensor back."""
    answer = shaped(got, tuple(got.shape) if shape is None and isinstance(got, Tensor) else shape or (), dtype=dtype, call=call)
    if answer.numel() == 0:
        raise CheckFailed(f"{call}: expected values, got an empty tensor {_show(answer.shape)}", cause=cause)
    least, most = float(answer.min()), float(answer.max())
    if not (low <= least and most <= high):
        raise CheckFailed(
            f"{call}: expected values in [{low:g}, {high:g}], got values from {least:.4g} to {most:.4g}", cause=cause
        )
    return answer


def near(
    got: Any, want: Expected, tolerance: float | Tensor, *, dtype: torch.dtype | None = torch.float32,
    call: str = "the answer", suspects: Mapping[str, Expected] | None = None,
) -> None:  # fmt: skip
    """A Monte-Carlo estimate: |got - want| <= tolerance, element by element. Choose the tolerance at 5 sigma or more."""
    truth = torch.as_tensor(want, dtype=torch.float64)
    allowed = torch.as_tensor(tolerance, dtype=torch.float64)
    answer = shaped(got, truth.shape, dtype=dtype, call=call).double()
    if bool(((answer - truth).abs() <= allowed).all()):
        return
    cause = ""
    for mistake, value in (suspects or {}).items():
        if bool(((answer - torch.as_tensor(value, dtype=torch.float64)).abs() <= allowed).all()):
            cause = mistake
            break
    worst = int(((answer - truth).abs() - allowed).flatten().argmax())
    raise CheckFailed(
        f"{call}: expected {_number(truth.flatten()[worst])} within {float(allowed.expand_as(truth).flatten()[worst]):.3g}, "
        f"got {_number(answer.flatten()[worst])}{_place(worst, truth)}",
        cause=cause,
    )


def differ(a: Any, b: Any, *, call: str, cause: str = "", atol: float = 1e-6) -> None:
    """Two finite tensors of one shape are not the same."""
    first = shaped(a, tuple(a.shape) if isinstance(a, Tensor) else (), dtype=None, call=call)
    second = shaped(b, tuple(first.shape), dtype=None, call=call)
    if first.numel() == 0 or not float((first.double() - second.double()).abs().max()) > atol:
        raise CheckFailed(f"{call}: expected two different results, got the same twice", cause=cause)


def below(value: float, limit: float | None, *, what: str, cause: str = "") -> None:
    """A statistic is finite and at most its measured threshold (`limit` None: only measured, while calibrating).

    Beyond it, a `Limit` with a floor still gives a share of the points: see `autograder.limit`.
    """
    _against(value, limit, what, cause, upper=True)


def above(value: float, limit: float | None, *, what: str, cause: str = "") -> None:
    """A statistic is finite and at least its measured threshold; otherwise as `below`."""
    _against(value, limit, what, cause, upper=False)


def require(condition: Any, *, expected: str, got: str, call: str = "the answer", cause: str = "") -> None:
    """Any other relation: fails with `call: expected ..., got ...: cause`. Only a true `bool` passes."""
    if isinstance(condition, Tensor):
        condition = bool(condition.all()) and condition.numel() > 0
    if condition is not True:
        raise CheckFailed(f"{call}: expected {expected}, got {got}", cause=cause)


@dataclass(frozen=True, slots=True)
class Measured:
    """What `below` or `above` was asked about."""

    value: float
    what: str
    """The statistic, in words."""
    upper: bool
    """Whether less is better."""


measured: list[Measured] = []
"""What `below` and `above` saw since the judge last emptied the list; the judge copies the last one into the result."""


def _against(value: float, limit: float | None, what: str, cause: str, *, upper: bool) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise CheckFailed(f"{what}: expected a finite number, got {value!r}", cause=cause)
    measured.append(Measured(float(value), what, upper))
    if limit is None:
        return
    if not (value <= limit if upper else value >= limit):
        word = "at most" if upper else "at least"
        share = limit.share(value, upper=upper) if isinstance(limit, Limit) else Fraction(0)
        raise CheckFailed(f"{what}: expected {word} {limit:.4g}, got {value:.4g}", cause=cause, value=float(value), share=share)


def _within(answer: Tensor, truth: Tensor, rtol: float, atol: float) -> bool:
    return bool(((answer - truth).abs() <= atol + rtol * truth.abs()).all())


def _difference(answer: Tensor, truth: Tensor, rtol: float, atol: float) -> str:
    """The worst element, in words."""
    excess = (answer - truth).abs() - (atol + rtol * truth.abs())
    worst = int(excess.flatten().argmax())
    wrong = int((~(excess <= 0)).sum())
    count = f", {wrong} of {truth.numel()} values differ" if truth.numel() > 1 else ""
    return f"expected {_number(truth.flatten()[worst])}, got {_number(answer.flatten()[worst])}{_place(worst, truth)}{count}"


def _suspect(answer: Tensor, suspects: Mapping[str, Expected], rtol: float, atol: float) -> str:
    """The first named mistake whose value is what came."""
    for mistake, value in suspects.items():
        would_be = torch.as_tensor(value, dtype=torch.float64)
        if would_be.shape == answer.shape and _within(answer, would_be, max(rtol, 1e-4), max(atol, 1e-6)):
            return mistake
    return ""


def _likely_cause(answer: Tensor, truth: Tensor, rtol: float) -> str:
    """A constant factor or offset between what came and the truth often names the mistake."""
    solid = truth.abs() > 1e-9
    if not bool(solid.any()):
        return ""
    if not bool((answer.abs() > 0).any()):
        return "all zeros"
    ratio = (answer[solid] / truth[solid]).flatten()
    tolerance = max(rtol, 1e-4)
    if float((ratio - ratio.mean()).abs().max()) > tolerance * float(ratio.abs().max()):
        return ""
    factor = float(ratio.mean())
    if math.isclose(factor, -1, rel_tol=tolerance):
        return "the sign is flipped"
    for number in (0.5, 2.0):
        if math.isclose(factor, number, rel_tol=tolerance):
            return f"off by a factor of {number:g}"
    for size in (*range(3, 65), 784):
        if math.isclose(factor, 1 / size, rel_tol=tolerance) or math.isclose(factor, size, rel_tol=tolerance):
            return f"off by a factor of {size}: a sum where a mean belongs, or the other way round?"
    alone = ratio.numel() == 1  # then some factor always fits, and naming it leads astray
    return "" if alone else f"off by a constant factor of {factor:.4g}"


def _shape_cause(got: tuple[int, ...], want: tuple[int | None, ...]) -> str:
    """A frequent reason for this pair of shapes, as a question."""
    if not got and want:
        return "did you average over the batch?"
    if got and not want:
        return "did you forget to sum or average to one number?"
    if sorted(got) == sorted(w or -1 for w in want) and len(got) > 1:
        return "are two dimensions swapped?"
    if [g for g in got if g != 1] == [w for w in want if w != 1]:
        return "a dimension of size 1 too many or too few (unsqueeze, squeeze, keepdim)?"
    if math.prod(got) == math.prod(w if w is not None else -1 for w in want):
        return "same number of values: is a reshape, or the channel dimension, missing?"
    if len(got) == len(want) - 1:
        return "is a dimension reduced that should stay?"
    if len(got) == len(want) + 1:
        return "is a dimension kept that should be summed or averaged?"
    return ""


def _show(shape: Shape) -> str:
    sizes = ["any" if size is None else str(size) for size in shape]
    return "scalar" if not sizes else f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"


def _kind(value: Any) -> str:
    return "nothing (None): is a `return` missing?" if value is None else f"a {type(value).__name__}"


def _plain(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _number(value: Tensor) -> str:
    return f"{float(value):.6g}"


def _place(flat: int, like: Tensor) -> str:
    if like.dim() == 0:
        return ""
    index = []
    for size in reversed(like.shape):
        index.append(flat % size)
        flat //= size
    return f" at [{', '.join(map(str, reversed(index)))}]"
