"""What the pages say, and what they must not: hidden messages, seeds, numbers of ungraded work, anything from outside."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import pytest
from PIL import Image
from test_reports_sample import ASSIGNMENT, FAILURES, LINES, entries, galleries, score, scores

from autograder.outcome import CheckResult, Status
from autograder.reports.chart import histogram, segments, shares
from autograder.reports.class_page import class_page, class_view
from autograder.reports.feedback import feedback_html, feedback_md
from autograder.reports.finding import Finding, finding
from autograder.reports.summary import distribution, rates, summary
from autograder.reports.tasks import by_task, duration
from autograder.reports.view import Entry, Gallery, TaskView

SECRET = "canary-5150"
VISIBLE = next(line for line in LINES if line.visibility == "visible")
HIDDEN = next(line for line in LINES if line.visibility == "hidden")


def only(*results: CheckResult) -> str:
    return feedback_html(replace(score("anna"), checks=results), ASSIGNMENT)


def text_of(page: str) -> str:
    """What a reader sees of a page."""
    body = re.sub(r"(?s)<head>.*?</head>", "", page)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("visibility", ["hidden", "after_due_date", "after_published"])
def test_a_hidden_message_is_in_no_feedback(status: Status, visibility: str) -> None:
    result = CheckResult(replace(HIDDEN, visibility=visibility), status, f"got {SECRET}", value=0.515051)
    mine = replace(score("anna"), checks=(result,))
    for shown in (feedback_html(mine, ASSIGNMENT), feedback_md(mine, ASSIGNMENT)):
        assert SECRET not in shown and "0.515" not in shown
        if status is not Status.PASSED:
            assert HIDDEN.title.split(":")[0] in shown and "Two linear heads" in shown


def test_what_only_instructors_know_is_in_no_feedback() -> None:
    mine = replace(score("anna"), seed="feedc0ffee", wall="wall-canary")
    for shown in (feedback_html(mine, ASSIGNMENT), feedback_md(mine, ASSIGNMENT)):
        assert "feedc0ffee" not in shown and "wall-canary" not in shown


def test_a_visible_failure_says_expected_got_cause_and_hint() -> None:
    page = text_of(only(CheckResult(VISIBLE, Status.FAILED, FAILURES["encode_gives_mu"])))
    for part in ("encode(images)", "Expected (7, 20)", "Got (7, 40)", "Likely cause did you forget to split", "Hint Two linear"):
        assert part in page
    raised = only(CheckResult(VISIBLE, Status.ERROR, "TypeError: expected 2, got 3\n  line 6"))
    assert "<pre>TypeError: expected 2, got 3\n  line 6</pre>" in raised


def test_ungraded_says_why_and_has_no_number() -> None:
    mine = score("anna", reason="the sandbox could not be proven here")
    for shown in (text_of(feedback_html(mine, ASSIGNMENT)), feedback_md(mine, ASSIGNMENT)):
        assert "Not graded yet" in shown and "the sandbox could not be proven here" in shown and "not lost" in shown
        assert not re.search(r"\d", shown.split("SHA-256")[0])
    page = class_page(ASSIGNMENT, [Entry(mine)])
    row = re.search(r"(?s)<th scope=\"row\">anna</th>(.*?)</tr>", page)
    assert row and not re.search(r">\s*\d", row.group(1)) and "not graded" in row.group(1)


def test_problems_of_the_submission_reach_the_student() -> None:
    mine = score("anna", attention=("the archive holds a path with `..`; hand in plain files",))
    assert "What we could not read the archive holds a path with .." in text_of(feedback_html(mine, ASSIGNMENT))
    assert "What we could not read" in feedback_md(mine, ASSIGNMENT)
    assert "What we could not read" not in feedback_html(score("anna"), ASSIGNMENT)


def test_lateness_is_told_with_its_cost() -> None:
    mine = score("anna", 0.0, late=8_100)
    assert "Handed in 2 h 15 min late: 10 of 100 points taken off." in text_of(feedback_html(mine, ASSIGNMENT))
    assert '<span class="got">90</span>' in feedback_html(mine, ASSIGNMENT)


def test_pages_need_nothing_but_themselves() -> None:
    for page in (feedback_html(scores()[5], ASSIGNMENT, galleries("amara.diallo")), class_page(ASSIGNMENT, entries())):
        assert "<script" not in page and " style=" not in page and "javascript:" not in page
        assert "default-src &#39;none&#39;; style-src &#39;sha256-" in page
        assert not re.search(r"(?:src|href)=\"(?!data:|#|[a-z.]+/feedback\.html\")", page)
        assert not re.search(r"url\(|@import|https?://", page)


def test_pictures_are_whole_and_beside_the_reference() -> None:
    page = feedback_html(scores()[0], ASSIGNMENT, galleries("amara.diallo"))
    images = re.findall(r'<img src="data:image/png;base64,([^"]+)" width="(\d+)" height="(\d+)" alt="([^"]+)">', page)
    assert [alt.split(":")[0] for *_, alt in images] == ["your model", "reference", "your model", "reference", "your model"]
    for source, width, height, _ in images:
        picture = Image.open(io.BytesIO(base64.b64decode(source, validate=True)))
        picture.load()
        assert picture.size == (int(width), int(height))


def test_only_png_becomes_a_picture() -> None:
    with pytest.raises(ValueError, match="expected PNG bytes, got b'<svg>'"):
        feedback_html(scores()[0], ASSIGNMENT, [Gallery("x", "x", b"<svg>", None)])


def test_the_class_page_shows_everybody_in_order_with_links() -> None:
    page = class_page(ASSIGNMENT, list(reversed(entries())))
    rows = re.findall(r'<th scope="row"><a href="([^"]+)">([^<]+)</a>', page)
    assert rows == [(f"{s.student}/feedback.html", s.student) for s in scores()]
    seen = text_of(page)
    for part in ("graded 15 of 16", "ungraded 1", "needs a look 2", "user namespaces are switched off", "it was not opened"):
        assert part in seen
    assert class_page(ASSIGNMENT, entries()) == page


def test_the_page_of_an_empty_or_ungraded_class_stands() -> None:
    assert "graded 0 of 0" in text_of(class_page(ASSIGNMENT, []))
    assert "median –" in text_of(class_page(ASSIGNMENT, [Entry(score("anna", reason="no GPU"))]))


def test_a_class_without_pictures_or_with_other_tasks_stands() -> None:
    stray = replace(score("anna"), checks=(CheckResult(replace(HIDDEN, task="bonus"), Status.PASSED),))
    view = class_view(ASSIGNMENT, [Entry(stray), Entry(score("bela"))])
    assert [task.task.id for task in view.tasks][-1] == "bonus" and view.samples == () and view.reference is None
    assert view.students[1].cells[-1] is None


def test_numbers_of_the_class() -> None:
    totals = summary(scores())
    known = sorted(s.score for s in scores() if s.score is not None)
    assert (totals.graded, totals.ungraded, totals.median) == (15, 1, known[7])
    assert totals.mean == pytest.approx(sum(known) / 15)
    bins = distribution(scores(), 100)
    assert sum(b.count for b in bins) == 15 and bins[-1].count == sum(k >= 90 for k in known)
    assert [(b.low, b.high) for b in distribution([], 7)][:3] == [(0, 1), (1, 2), (2, 3)]
    chart = histogram(bins, totals.median)
    assert all(chart.top <= bar.y and bar.y + bar.height == pytest.approx(chart.bottom, abs=0.2) for bar in chart.bars)


def test_frequent_messages_are_counted_numbers_aside() -> None:
    told = ["f: expected 1.5, got 3", "f: expected 2.5e-3, got 7", "g: expected 1, got 2"]
    class_scores = [replace(score(str(i)), checks=(CheckResult(HIDDEN, Status.FAILED, m),)) for i, m in enumerate(told)]
    (rate,) = rates(class_scores)
    assert (rate.message, rate.repeats, rate.counts[Status.FAILED], rate.total) == (told[0], 2, 3, 3)
    assert sum(part.width for part in shares(rate.counts)) == pytest.approx(100)


def test_groups_keep_every_check_and_the_meter_every_point() -> None:
    results = score("anna", 0.4).checks
    groups = by_task(results, ASSIGNMENT.tasks[:3])
    assert sorted(r.line.id for g in groups for r in g.checks) == sorted(line.id for line in LINES)
    assert sum(g.possible for g in groups) == 100
    parts = segments(groups)
    assert parts[-1].left + parts[-1].width == pytest.approx(1000, abs=0.1)
    assert segments(()) == () and by_task((), (TaskView("a", "A", 1),)) == ()


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("f(x): expected 2, got 4: off by a factor of 2", Finding("f(x)", "2", "4", "off by a factor of 2")),
        ("f(x): expected (7,), got scalar", Finding("f(x)", "(7,)", "scalar")),
        ("f: expected 1, got 2: a: b?", Finding("f", "1", "2", "a: b?")),
        ("no such form", Finding(text="no such form")),
        ("f: expected 1, got 2\nsecond line", Finding(text="f: expected 1, got 2\nsecond line")),
    ],
)
def test_messages_are_taken_apart_without_losing_a_word(message: str, parts: Finding) -> None:
    assert finding(CheckResult(VISIBLE, Status.FAILED, message)) == parts


def test_durations_read_as_people_say_them() -> None:
    assert [duration(n) for n in (0, 59, 3_600, 8_100, 97_300)] == ["0 s", "59 s", "1 h", "2 h 15 min", "1 d 3 h"]
