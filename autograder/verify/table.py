"""The table of mistakes: which check catches which mutant. A page for screen, phone and paper, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.checks import Line
from autograder.files import write_whole
from autograder.reports.page import TEMPLATES, render_with
from autograder.verify.report import MutantReport, Report

CELLS = {
    "must": ("●", "must fail, and does"),
    "may": ("○", "may fail, and does"),
    "missed": ("✗", "must fail, and passes"),
    "more": ("!", "fails, and nobody said so"),
    "": ("", ""),
}
"""Kind -> mark and meaning."""


@dataclass(frozen=True, slots=True)
class Row:
    """A mutant and its cells, one per check."""

    mutant: MutantReport
    cells: tuple[str, ...]


def write_tables(reports: Sequence[Report], folder: Path) -> list[Path]:
    """`<slug>.html`, `<slug>.json` for each, and an index of all that lie in the folder."""
    written = []
    for report in reports:
        written += [folder / f"{report.slug}.html", folder / f"{report.slug}.json"]
        write_whole(written[-2], page(report).encode())
        write_whole(written[-1], _lines(as_json(report)).encode())
    write_whole(folder / "index.html", _index(folder).encode())
    return [*written, folder / "index.html"]


def page(report: Report) -> str:
    """The page of one assignment; it needs no other file."""
    rows = [Row(mutant, tuple(cell(mutant, line) for line in report.checks)) for mutant in report.mutants]
    catches = [sum(row.cells[i] == "must" for row in rows) for i in range(len(report.checks))]
    values = {"report": report, "rows": rows, "catches": catches, "cells": CELLS}
    return render_with(_style(), "mutants.html.j2", **values)


def cell(mutant: MutantReport, line: Line) -> str:
    """The kind of one cell."""
    if line.id in mutant.missed:
        return "missed"
    if line.id not in mutant.failed:
        return ""
    return "must" if line.id in mutant.must_fail else "may" if line.id in mutant.may_fail else "more"


def as_json(report: Report) -> dict[str, object]:
    """What the page shows."""
    checks = [
        {"id": line.id, "title": line.title, "points": line.points, "visibility": line.visibility} for line in report.checks
    ]
    gone = [{name: how for name, how in mutant.outcomes.items() if how != "passed"} for mutant in report.mutants]
    mutants = [{**mutant.as_json(), "outcomes": lost} for mutant, lost in zip(report.mutants, gone, strict=True)]
    return {"slug": report.slug, "title": report.title, "ok": report.ok, "checks": checks, "mutants": mutants}


def _lines(record: dict[str, object]) -> str:
    """JSON with one line for each check and each mutant: small, and readable in a diff."""
    rows = {key: json.dumps(value, ensure_ascii=False) for key, value in record.items()}
    for key in ("checks", "mutants"):
        listed: Any = record[key]
        rows[key] = "[\n  " + ",\n  ".join(json.dumps(each, ensure_ascii=False) for each in listed) + "\n ]"
    return "{\n" + ",\n".join(f" {json.dumps(key)}: {text}" for key, text in rows.items()) + "\n}\n"


def _index(folder: Path) -> str:
    found = []
    for path in sorted(folder.glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        caught = sum(mutant["ok"] for mutant in record["mutants"])
        found.append({**record, "caught": caught})
    return render_with(_style(), "mutants_index.html.j2", found=found)


def _style() -> str:
    return "".join((TEMPLATES / name).read_text("utf-8") for name in ("style.css", "mutants.css"))
