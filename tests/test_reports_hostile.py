"""Strings that a student chose, in every field: they stay text in every page, Markdown file and terminal."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from rich.console import Console
from test_reports_sample import ASSIGNMENT, LINES, TASKS, galleries, score

from autograder.outcome import CheckResult, Status
from autograder.reports.class_page import class_page
from autograder.reports.feedback import feedback_html, feedback_md
from autograder.reports.terminal import check_table, class_table, moved_table
from autograder.reports.view import AssignmentView, Entry, Gallery, Moved, TaskView
from autograder.score import Score

HARMLESS = "harmless"
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "image": "<img src=x onerror=alert(1)>",
    "svg": "<svg/onload=alert(1)><style>*{display:none}</style>",
    "attribute": "\"><b onmouseover='alert(1)'>",
    "leaves": "</style></title></textarea></svg>--><script>",
    "template": "{{ 7 * 7 }}{% raw %}",
    "entity": "&lt;script&gt;&#60;b&#62;",
    "markdown": "![x](https://example.org/x.png) [y](javascript:alert(1)) <https://example.org> | a | b | ~~z~~ __w__",
    "heading": "# heading\n\n---\n\n* item\n\n> quote\n\n````\n</pre>\n```\n<b>",
    "numbered": "1. one",
    "rich": "[bold red]x[/bold red][link=file:///etc/passwd]y[/link]",
    "colour": "\x1b[31mred\x1b]0;title\x07\x9b1m",
    "bidi": "\u202ereversed\u2066\u2069",
    "zero": "a\0b\ud800c",
    "command": "::error::no\n::add-mask::x\n##[error]y\n  ::set-output name=a::b",
    "formula": "=cmd|' /C calc'!A0",
    "long": "<b>" + "x" * 1_000_000,
}
CHOSEN = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())


def assignment(text: str) -> AssignmentView:
    tasks = tuple(TaskView(t.id, text, t.todo, t.stars) for t in TASKS)
    return replace(ASSIGNMENT, title=text, tasks=tasks, course=text, slug=text)


def submission(text: str, *, graded: bool = True, title: str | None = None) -> Score:
    """Every string of a score, in every outcome and visibility; `title` where the author's own should differ."""
    outcomes = [Status.FAILED, Status.ERROR, Status.SKIPPED, Status.PASSED]
    results = tuple(
        CheckResult(replace(rubric, title=text if title is None else title, hint=text), outcomes[i % 4], text)
        for i, rubric in enumerate(LINES)
    )
    plain = score("anna")
    return replace(
        plain, student=text, assignment=text, graded=graded, reason="" if graded else text, attention=(text, text),
        checks=results if graded else (), digest=text, wall=text, seed=text, late_seconds=7, penalty=1,
    )  # fmt: skip


def pictures(text: str) -> tuple[Gallery, ...]:
    return tuple(replace(gallery, name=text, caption=text) for gallery in galleries("amara.diallo"))


class Elements(HTMLParser):
    """Every element with the names of its attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_decl(self, decl: str) -> None:
        self.found.append((f"!{decl}", ()))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", ()))


def pages(text: str) -> list[str]:
    name, shown = assignment(text), pictures(text)
    entries = [Entry(submission(text), shown, text, (text,)), Entry(submission(text, graded=False), (), text, (text, text))]
    return [
        feedback_html(submission(text), name, shown),
        feedback_html(submission(text, graded=False), name, shown),
        class_page(name, entries),
    ]


def controls(text: str) -> set[str]:
    return set(re.findall("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text))


@CHOSEN
def test_pages_have_the_same_elements_as_for_harmless_text(text: str) -> None:
    for page, harmless in zip(pages(text), pages(HARMLESS), strict=True):
        read = Elements(page)
        assert read.found == Elements(harmless).found
        assert not [link for link in read.links if ":" in link.split("/")[0] and not link.startswith("data:")]
        assert not controls(page)
        assert len(page) < len(harmless) + 500_000


@CHOSEN
def test_a_message_in_parts_stays_text_too(text: str) -> None:
    def page(part: str) -> str:
        one_line = " ".join(part.split())[:300]
        results = (CheckResult(LINES[0], Status.FAILED, f"f({one_line}): expected {one_line}, got {one_line}: {one_line}"),)
        return feedback_html(replace(score("anna"), checks=results), ASSIGNMENT)

    assert "<dt>Likely cause</dt>" in page(HARMLESS)
    if "expected" not in text:
        assert {tag for tag, _ in Elements(page(text)).found} <= {tag for tag, _ in Elements(page(HARMLESS)).found} | {"pre"}


@CHOSEN
@pytest.mark.parametrize("graded", [True, False])
def test_markdown_has_the_same_elements_as_for_harmless_text(text: str, graded: bool) -> None:
    def elements(part: str) -> list[tuple[str, tuple[str, ...]]]:
        written = feedback_md(submission(part, graded=graded), assignment(part), pictures(part))
        assert not controls(written)
        assert not re.search(r"(?m)^\s*::", written) and "##[" not in written
        page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(written)
        return [element for element in Elements(page).found if element[0] != "code"]  # `this` is code in an author's sentence

    assert elements(text) == elements(HARMLESS)


@CHOSEN
@pytest.mark.parametrize("width", [40, 100])
def test_terminal_shows_no_sequence_and_gives_no_command(text: str, width: int) -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=width, force_terminal=False)
    mine = submission(text, title="A title of the author's")
    console.print(class_table([mine, submission(text, graded=False)]))
    console.print(check_table(mine.checks, TASKS))
    console.print(moved_table([Moved(text, 1, None, text, text)]))
    shown = screen.getvalue()
    assert not controls(shown)
    assert not re.search(r"(?m)^\s*::", shown) and "##[" not in shown
    if "[bold red]" in text and width == 100:
        assert "[bold red]x[/bold red]" in shown


def test_a_message_made_to_keep_the_pattern_busy_costs_no_time() -> None:
    for text in (": expected " * 100_000, "x: expected y, got " * 60_000, (": expected , got" * 100)[:1_990] + "\nend"):
        results = (CheckResult(LINES[0], Status.FAILED, text),)
        assert "check" in feedback_html(replace(score("anna"), checks=results), ASSIGNMENT)
