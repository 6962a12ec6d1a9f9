"""The picture of a calibration: where right runs, other right answers and mistakes lie, beside threshold and floor.

One row a name, one dot a run; on a logarithmic axis where the numbers allow it, because mistakes are often orders away.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from autograder.calibrate.bounds import kept
from autograder.calibrate.tolerance import library

RIGHT, OTHER, CAUGHT, MISSED, INK, SOFT = "#1d7a55", "#2556a8", "#b83a2b", "#9a6400", "#1c2430", "#5d6673"
MARKERS = {RIGHT: "o", OTHER: "D", CAUGHT: "x", MISSED: "^"}
WIDTH, ROW = 8.0, 0.23
"""Inches."""


def picture(check: str, entry: Mapping[str, Any]) -> bytes:
    """PNG, 800 pixels wide."""
    library("matplotlib")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = _rows(entry)
    figure = Figure(figsize=(WIDTH, 1.9 + ROW * len(rows)), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _draw(axes, entry, rows)
    figure.suptitle(f"{check}\n{entry['statistic']}", fontsize=10, color=INK, x=0.01, ha="left")
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None}, pil_kwargs={"optimize": True})
    return _fewer_colours(out.getvalue())


def _rows(entry: Mapping[str, Any]) -> list[tuple[str, Sequence[float | None], str]]:
    """(name, values, colour), right answers first, then mistakes from near to far."""
    rows: list[tuple[str, Sequence[float | None], str]] = [("reference", entry["runs"], RIGHT)]
    rows += [(name, values, OTHER) for name, values in entry["alternates"].items()]
    worst = entry["direction"] == "below"
    wrong = sorted(entry["mutants"].items(), key=lambda item: _middle(item[1], worst=worst), reverse=not worst)
    return rows + [(name, values, MISSED if name in entry["not_caught"] else CAUGHT) for name, values in wrong]


def _middle(values: Sequence[float | None], *, worst: bool) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else float("inf" if worst else "-inf")


def _draw(axes: Any, entry: Mapping[str, Any], rows: Sequence[tuple[str, Sequence[float | None], str]]) -> None:
    threshold, floor, upper = entry["threshold"], entry.get("floor"), entry["direction"] == "below"
    numbers = [value for _, values, _ in rows for value in values if value is not None] + [threshold]
    if min(numbers) > 0 and max(numbers) / min(numbers) > 3:
        axes.set_xscale("log")
        _plain_ticks(axes)
    for place, (_, values, colour) in enumerate(rows):
        known = [value for value in values if value is not None]
        axes.scatter(known, [place] * len(known), s=22, marker=MARKERS[colour], color=colour, alpha=0.7, lw=1.3, zorder=3)
        if not known:
            axes.annotate("no value: refused", (threshold, place), xytext=(6, 0), textcoords="offset points", fontsize=7,
                          color=colour, va="center")  # fmt: skip
    low, high = axes.get_xlim()
    axes.axvspan(low, threshold, color=RIGHT, alpha=0.07, lw=0) if upper else axes.axvspan(
        threshold, high, color=RIGHT, alpha=0.07, lw=0
    )
    axes.axvline(threshold, color=RIGHT, lw=1.4, zorder=2)
    above = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "fontsize": 8, "va": "bottom"}
    side = "right" if upper else "left"
    axes.annotate(f"threshold {threshold:.4g}", (threshold, 1), xytext=(0, 3), ha=side, color=RIGHT, **above)
    if floor is not None:
        for k in range(1, entry["steps"] + 1):
            at = threshold * (floor / threshold) ** (k / entry["steps"])
            axes.axvline(at, color=SOFT, lw=0.8, ls=":" if k < entry["steps"] else "--", zorder=1)
        text = f"floor {floor:.4g} ({entry['floor_from']})"
        axes.annotate(text, (floor, 1), xytext=(0, 3), ha="left" if upper else "right", color=SOFT, **above)
    axes.set_xlim(low, high)
    _name_rows(axes, entry, rows)


def _name_rows(axes: Any, entry: Mapping[str, Any], rows: Sequence[tuple[str, Sequence[float | None], str]]) -> None:
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows], fontsize=8)
    for label, (_, _, colour) in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_color(colour)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="y", color="#e3e0d8", lw=0.6, zorder=0)
    axes.tick_params(axis="x", labelsize=8, colors=SOFT)
    axes.tick_params(axis="y", length=0)
    for name in ("top", "right", "left"):
        axes.spines[name].set_visible(False)
    axes.set_xlabel(_key(entry), fontsize=8, color=SOFT, loc="left")


def _key(entry: Mapping[str, Any]) -> str:
    upper = entry["direction"] == "below"
    beyond = sum(not kept(value, entry["threshold"], upper=upper) for value in entry["runs"])
    steps = "; dotted: steps of partial credit" if "floor" in entry else ""
    return (
        f"{'less' if upper else 'more'} is better; shaded: full points{steps}\n"
        f"● {len(entry['runs'])} right runs, {beyond} beyond the threshold   ◆ other right answers\n"
        "✕ mistakes that this check catches   ▲ mistakes that are left to other checks"
    )


def _plain_ticks(axes: Any) -> None:
    """250, not 2.5 x 10^2."""
    ticker = library("matplotlib.ticker")
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(ticker.NullFormatter())


def _fewer_colours(png: bytes) -> bytes:
    """A palette is enough, at a third of the bytes."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(128, Image.Quantize.FASTOCTREE).save(out, format="png", optimize=True)
    return out.getvalue()
