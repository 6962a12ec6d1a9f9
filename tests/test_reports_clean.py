"""Control text never reaches a file or a terminal, and what is cut says so."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.reports.clean import LIMIT, LINES, clean, line

ANYTHING = st.text(st.characters(), max_size=400)
"""Lone surrogates and control characters included."""


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("\x1b[31;1mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;unfinished\nnext line", "\nnext line"),
        ("\x1bPq#0;2;0;0;0\x1b\\sixel", "sixel"),
        ("\x1b(0x\x1bcreset", "xreset"),
        ("user\u202egnp.exe\u2066", "usergnp.exe"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("a\0b\x07c\x7fd\x85e", "abcd\ne"),
        ("50 %\rdone\r\nnext", "50 %\ndone\nnext"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("kept:\ttab\nnewline ✓ é 日本 👩\u200d🔬", "kept:\ttab\nnewline ✓ é 日本 👩\u200d🔬"),
        ("x ##[error]no", "x ## [error]no"),
    ],
)
def test_sequences_and_invisible_characters_go(said: str, left: str) -> None:
    assert clean(said) == left


@given(ANYTHING)
def test_nothing_that_controls_is_left(text: str) -> None:
    plain = clean(text)
    left = {unicodedata.category(c) for c in plain if c not in "\n\t\u200c\u200d"}
    assert not left & {"Cc", "Cf", "Cs"}
    assert plain.encode("utf-8").decode("utf-8") == plain
    assert clean(plain) == plain
    assert "\n" not in line(text)


@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, "\x1b[0m" * 250_000, "\n" * 1_000_000, "\x1b]" * 500_000],
    ids=["x", "colour", "newline", "unfinished"],
)
def test_a_megabyte_is_cut_and_says_so(text: str) -> None:
    plain = clean(text)
    assert len(plain) <= LIMIT and plain.count("\n") < LINES
    assert plain.endswith("(cut: 1,000,000 characters in all)")
    assert clean(plain) == plain
    assert len(line(text, 80)) <= 80
