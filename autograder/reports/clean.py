"""Control text: everything that a student's code may have chosen passes here before it reaches a file or a terminal.

Takes any string; gives one without escape sequences, control and formatting characters, no longer than a reader bears.
Cleaning twice changes nothing. Must never interpret markup: escaping belongs to the format that is written.
"""

from __future__ import annotations

import re
import unicodedata

LIMIT = 2_000
"""Characters kept of one text."""
LINES = 40
"""Lines kept of one text: newlines alone could make a page endless."""

_JOINERS = "\u200c\u200d"
"""Formatting characters that are kept: names and emoji are spelled with them."""
_NEVER = "\ufffe\uffff"
"""Not characters; XML readers refuse them."""
_READ = 50
"""How many times `LIMIT` is looked at, so that a megabyte of sequences costs no time."""

_SEQUENCE = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, SOS, PM, APC with what they say
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor
    r"|\x1b[ -/]*[0-~]?"  # the short ones
)


def clean(text: str, limit: int = LIMIT, lines: int = LINES) -> str:
    """Plain text of at most `limit` characters on at most `lines` lines; says so when something was cut."""
    plain = _SEQUENCE.sub("", text[: limit * _READ])
    rows = ["".join(filter(_shown, row)) for row in plain.splitlines()]
    plain = "\n".join(rows).rstrip("\n").replace("##[", "## [")  # a CI runner obeys ##[command] anywhere in a line
    if len(plain) <= limit and len(rows) <= lines and len(text) <= limit * _READ:
        return plain
    note = f" … (cut: {len(text):,} characters in all)"
    return "\n".join(plain.split("\n")[:lines])[: max(0, limit - len(note))] + note


def line(text: str, limit: int = 200) -> str:
    """The same on one line, for table cells, names and captions."""
    return " ".join(clean(text, limit).split())


def _shown(character: str) -> bool:
    if character in _NEVER:
        return False
    kind = unicodedata.category(character)
    return kind not in ("Cc", "Cf", "Cs") or character == "\t" or character in _JOINERS
