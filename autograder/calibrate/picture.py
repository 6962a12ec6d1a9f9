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
Row = tuple[str, Sequence[float | None], str]
"""Name, values, colour."""


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


def _rows(entry: Mapping[str, Any]) -> list[Row]:
    """Right answers first, then mistakes from near to far."""
    rows: list[Row] = [("reference", entry["runs"], RIGHT)]
    rows += [(name, values, OTHER) for name, values in entry["alternates"].items()]
    worst = entry["direction"] == "below"
    wrong = sorted(entry["mutants"].items(), key=lambda item: _middle(item[1], worst=worst), reverse=not worst)
    return rows + [(name, values, MISSED if name in entry["not_caught"] else CAUGHT) for name, values in wrong]


def _middle(values: Sequence[float | None], *, worst: bool) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else float("inf" if worst else "-inf")


def _draw(axes: Any, entry: Mapping[str, Any], rows: Sequence[Row]) -> None:
    threshold, upper, end = entry["threshold"], entry["direction"] == "below", _end(entry)
    known = [value for _, values, _ in rows for value in values if value is not None]
    shown = [value for value in known if _inside(value, end, upper=upper)] + [threshold, *filter(None, [entry.get("floor")])]
    if min(shown) > 0 and max(shown) / min(shown) > 3:
        axes.set_xscale("log")
        _plain_ticks(axes)
    edge = end if len(known) > sum(_inside(value, end, upper=upper) for value in known) else max(shown) if upper else min(shown)
    for place, row in enumerate(rows):
        _draw_row(axes, place, row, end, edge, upper=upper)
    axes.margins(x=0.04)
    axes.axvline(threshold, color=RIGHT, lw=1.4, zorder=2)
    axes.autoscale_view()
    low, high = axes.get_xlim()
    axes.set_xlim(low, high)
    best = (low, threshold) if upper else (threshold, high)
    axes.axvspan(*best, color=RIGHT, alpha=0.07, lw=0)
    _say_above(axes, f"threshold {threshold:.4g}", threshold, RIGHT, left=upper)
    _draw_floor(axes, entry, threshold)
    _name_rows(axes, entry, rows)


def _end(entry: Mapping[str, Any]) -> float:
    """Where the axis ends on the bad side: a diverged model must not make all others one dot."""
    far = entry["floor"] - entry["mean"] if "floor" in entry else 2 * (entry["threshold"] - entry["mean"])
    return float(entry["mean"] + 2.5 * far)


def _inside(value: float, end: float, *, upper: bool) -> bool:
    return value <= end if upper else value >= end


def _draw_row(axes: Any, place: int, row: Row, end: float, edge: float, *, upper: bool) -> None:
    """A dot a run; what lies beyond the end is an arrow at the edge, with its number."""
    _, values, colour = row
    inside = [value for value in values if value is not None and _inside(value, end, upper=upper)]
    beyond = [value for value in values if value is not None and not _inside(value, end, upper=upper)]
    axes.scatter(inside, [place] * len(inside), s=22, marker=MARKERS[colour], color=colour, alpha=0.7, lw=1.3, zorder=3)
    text = f"{beyond[0]:.4g}" if len(beyond) == 1 else f"{min(beyond):.4g} to {max(beyond):.4g}" if beyond else ""
    if not inside and not beyond:
        text = "no value: refused"
    if text:
        axes.scatter([edge], [place], s=22, marker=">" if upper else "<", color=colour, alpha=0.7, lw=0, zorder=3)
        axes.annotate(text, (edge, place), xytext=(-6 if upper else 6, 0), textcoords="offset points", fontsize=7, color=colour,
                      va="center", ha="right" if upper else "left")  # fmt: skip


def _draw_floor(axes: Any, entry: Mapping[str, Any], threshold: float) -> None:
    """The floor and the steps on the way to it."""
    if "floor" not in entry:
        return
    for k in range(1, entry["steps"] + 1):
        at = threshold * (entry["floor"] / threshold) ** (k / entry["steps"])
        axes.axvline(at, color=SOFT, lw=0.8, ls=":" if k < entry["steps"] else "--", zorder=1)
    text = f"floor {entry['floor']:.4g} ({entry['floor_from']})"
    across = float(axes.transAxes.inverted().transform(axes.transData.transform((entry["floor"], 0)))[0])
    _say_above(axes, text, entry["floor"], SOFT, left=across > 0.7 or (across > 0.3 and entry["direction"] == "above"))


def _say_above(axes: Any, text: str, at: float, colour: str, *, left: bool) -> None:
    axes.annotate(text, (at, 1), xytext=(0, 3), ha="right" if left else "left", color=colour, fontsize=8, va="bottom",
                  xycoords=("data", "axes fraction"), textcoords="offset points")  # fmt: skip


def _name_rows(axes: Any, entry: Mapping[str, Any], rows: Sequence[Row]) -> None:
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
