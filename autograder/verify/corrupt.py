"""Corruptions: a right answer, damaged leaf by leaf. No check may pass on one that it looked at."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from autograder.grade import Prepared
from autograder.observe import Run
from autograder.outcome import CheckResult, Status
from autograder.verify.report import Report
from autograder.verify.yard import Clock, Yard, judged

Path = tuple[str, ...]
NAMES = ("nan", "zeros", "empty", "truncated", "reversed", "wrong shape", "wrong dtype", "another input")
WORTHLESS = ("nan", "empty", "truncated", "wrong shape", "wrong dtype")
"""No partial credit makes up for these; zeros or a reversed answer can be a bad model's true answer."""


@dataclass(frozen=True, slots=True)
class Corrupted:
    """A run in which one leaf of one observation is damaged."""

    run: Run
    leaf: Path
    kind: str


def corrupted(run: Run, other: Run, leaves: set[Path]) -> Iterator[Corrupted]:
    """Every corruption of these leaves that changes the value. `other`: the same submission with another seed."""
    for leaf in sorted(leaves):
        value, elsewhere = leaf_value(run, leaf), leaf_value(other, leaf)
        for kind in NAMES:
            damaged = elsewhere if kind == "another input" else damage(value, kind)
            if damaged is not None and not unchanged(value, damaged):
                yield Corrupted(_with(run, leaf, damaged), leaf, kind)


def damage(value: Any, kind: str) -> Any:
    """The damaged value, None where this kind of damage does not apply."""
    if isinstance(value, Tensor):
        return TENSORS[kind](value)
    if isinstance(value, (list, tuple)):
        return LISTS[kind](list(value))
    if isinstance(value, bool):
        return {"zeros": not value, "wrong dtype": "yes"}.get(kind)
    if isinstance(value, (int, float)):
        numbers = {"nan": math.nan, "zeros": 0 * value, "reversed": -value, "wrong dtype": str(value), "wrong shape": [value]}
        return numbers.get(kind)
    if isinstance(value, str):
        return {"empty": "", "wrong dtype": 0}.get(kind)
    return None


def _nan(value: Tensor) -> Tensor | None:
    if not value.dtype.is_floating_point or value.numel() == 0:
        return None
    damaged = value.clone()
    damaged.view(-1)[-1] = torch.nan
    return damaged


TENSORS: Mapping[str, Callable[[Tensor], Tensor | None]] = {
    "nan": _nan,
    "zeros": torch.zeros_like,
    "empty": lambda t: t[:0] if t.dim() else torch.empty(0, dtype=t.dtype),
    "truncated": lambda t: t[:-1] if t.dim() and t.shape[0] > 1 else None,
    "reversed": lambda t: t.flip(tuple(range(t.dim()))) if t.dim() else None,
    "wrong shape": lambda t: t.unsqueeze(-1),
    "wrong dtype": lambda t: t.to(torch.int32) if t.dtype.is_floating_point else t.to(torch.float32),
}
LISTS: Mapping[str, Callable[[list[Any]], Any]] = {
    "nan": lambda v: [math.nan, *v[1:]] if v and isinstance(v[0], float) else None,
    "zeros": lambda v: [0 * x for x in v] if v and isinstance(v[0], (int, float)) else None,
    "empty": lambda v: [],
    "truncated": lambda v: v[:-1] if v else None,
    "reversed": lambda v: v[::-1],
    "wrong shape": lambda v: [v],
    "wrong dtype": lambda v: [str(x) for x in v] if v and not isinstance(v[0], Tensor) else None,
}


def unchanged(a: Any, b: Any) -> bool:
    """Whether the damage did nothing: then no check can be asked to notice."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(unchanged(x, y) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and bool(a == b)


def leaf_value(run: Run, leaf: Path) -> Any:
    """The value at the end of this path."""
    value = run.answers[leaf[0]].value
    for key in leaf[1:]:
        value = value[key]
    return value


def _with(run: Run, leaf: Path, damaged: Any) -> Run:
    answer = run.answers[leaf[0]]
    return replace(run, answers={**run.answers, leaf[0]: replace(answer, value=_put(answer.value, leaf[1:], damaged))})


def _put(value: Any, rest: Path, damaged: Any) -> Any:
    return damaged if not rest else {**value, rest[0]: _put(value[rest[0]], rest[1:], damaged)}


def corruptions(report: Report, prepared: Prepared, yard: Yard, clock: Clock, runs: Sequence[Run]) -> None:
    """Every leaf that a check looked at, damaged in every way: the check must fail, and must not raise."""
    (whole,) = judged(runs[:1], prepared, yard, clock)
    if any(answer.fault for run in runs for answer in run.answers.values()):
        report.problems.append("corruptions were not tried: an observation of the reference has no value")
        return
    damaged = list(corrupted(runs[0], runs[1], {leaf for leaves in whole.reads.values() for leaf in leaves}))
    only: dict[str, list[int]] = {}
    for line in prepared.rubric.lines:
        unknown = [kind for kind in line.tolerates if kind not in NAMES]
        report.problems += [f"{line.id}: tolerates `{kind}`: expected one of {', '.join(NAMES)}" for kind in unknown]
        mine = [i for i, each in enumerate(damaged) if each.leaf in whole.reads.get(line.id, set())]
        only[line.id] = [i for i in mine if damaged[i].kind not in line.tolerates]
        report.exempt += len(mine) - len(only[line.id])
        if not mine:
            report.problems.append(f"{line.id}: looks at no observation, so nothing can fail it")
    verdicts = judged([each.run for each in damaged], prepared, yard, clock, only)
    for check, indices in only.items():
        for i in indices:
            report.tried += 1
            trouble = _trouble(verdicts[i].results.get(check), damaged[i].kind)
            if not trouble:
                report.caught += 1
                continue
            what = f"{'.'.join(damaged[i].leaf)} is damaged ({damaged[i].kind})"
            report.problems.append(f"{check} {trouble} when {what}: {verdicts[i].fault[:200]}".rstrip(": "))


def _trouble(result: CheckResult | None, kind: str) -> str:
    if result is None or result.status not in (Status.FAILED, Status.PASSED):
        return "does not judge"
    if result.status is Status.PASSED:
        return "passes"
    return "gives partial credit" if result.points and kind in WORTHLESS else ""
