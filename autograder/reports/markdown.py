"""Text that stays text inside Markdown: no markup, no link, no table cell of its own, and no command of a CI runner."""

from __future__ import annotations

import re

from autograder.reports.clean import clean, line

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>|~&$#!]|(?<=\w):(?=//)|(?<=www)\.|^[-+=:]", re.IGNORECASE)
_NUMBERED = re.compile(r"^(\d+)([.)])")
_CODE = re.compile(r"(`[^`\n]+`)")


def inert(text: str) -> str:
    """One line that reads as it is written."""
    return _escape(line(text, 500))


def prose(text: str) -> str:
    """A sentence of an assignment's author, in which `this` is code."""
    parts = _CODE.split(line(text, 500))
    return "".join(part if i % 2 else _escape(part) for i, part in enumerate(parts))


def code(text: str, indent: str = "") -> list[str]:
    """Lines of a fenced block in a quotation: a fence longer than any in the text, and `>` before every line.

    The `>` also keeps a runner that reads the file from obeying `::command::` at the start of a line.
    """
    rows = clean(text).split("\n")
    fence = "`" * max(3, 1 + max((len(run) for row in rows for run in re.findall("`+", row)), default=0))
    return [f"{indent}> {row}" for row in (f"{fence}text", *rows, fence)]


def _escape(text: str) -> str:
    return _NUMBERED.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", text))
