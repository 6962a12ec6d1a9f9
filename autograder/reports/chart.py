"""Geometry of the inline SVG charts: plain numbers that a template draws, so that no picture needs a script.

Colours are the style sheet's; the policy of the pages allows no style attribute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from autograder.outcome import Status
from autograder.reports.summary import Bin
from autograder.reports.tasks import TaskGroup

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 16, 28, 48
"""Room for the axes and their names."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    count: int
    label: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars of counts over scores."""

    bars: tuple[Bar, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    median: Tick | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Share:
    """One outcome's part of a bar that is 100 wide."""

    status: Status
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Segment:
    """One task's share of the bar below a score, in thousandths of its width."""

    group: TaskGroup
    left: float
    width: float
    earned: float


def segments(groups: Sequence[TaskGroup], gap: float = 5) -> tuple[Segment, ...]:
    """Each task as wide as its points, filled as far as they were earned."""
    total, left, parts = sum(group.possible for group in groups), 0.0, []
    scale = (1000 - gap * (len(groups) - 1)) / max(1, total)
    for group in groups:
        parts.append(Segment(group, round(left, 2), round(group.possible * scale, 2), round(group.earned * scale, 2)))
        left += group.possible * scale + gap
    return tuple(parts)


def histogram(bins: Sequence[Bin], median: float | None) -> Histogram:
    """Counts over scores, with whole numbers on both axes."""
    step = max(1, ceil(max((b.count for b in bins), default=0) / 4))
    ceiling = step * max(1, ceil(max((b.count for b in bins), default=0) / step))
    slot, deep = (WIDTH - LEFT - RIGHT) / len(bins), HEIGHT - TOP - BOTTOM
    bars = [_bar(b, LEFT + i * slot, slot, deep * b.count / ceiling, last=i == len(bins) - 1) for i, b in enumerate(bins)]
    edges = [bins[0].low, *(b.high for b in bins)]
    up = [Tick(round(HEIGHT - BOTTOM - deep * n / ceiling, 1), str(n)) for n in range(0, ceiling + 1, step)]
    middle = None
    if median is not None:
        middle = Tick(round(LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, median / max(edges[-1], 1)), 1), f"median {median:g}")
    return Histogram(
        tuple(bars), tuple(Tick(round(LEFT + i * slot, 1), str(edge)) for i, edge in enumerate(edges)), tuple(up), middle
    )


def _bar(b: Bin, x: float, slot: float, tall: float, *, last: bool) -> Bar:
    label = f"{b.low} to {b.high if last else max(b.low, b.high - 1)} points: {b.count}"
    return Bar(round(x + 2, 1), round(HEIGHT - BOTTOM - tall, 1), round(slot - 4, 1), round(tall, 1), b.count, label)


def shares(counts: Mapping[Status, int]) -> tuple[Share, ...]:
    """Outcomes side by side; those that did not occur are left out."""
    total, x, parts = max(1, sum(counts.values())), 0.0, []
    for status, count in counts.items():
        if count:
            parts.append(Share(status, round(x, 2), round(100 * count / total, 2)))
            x += 100 * count / total
    return tuple(parts)
