"""examples/class, graded end to end as the README says: every submission gets the score in examples/expected.yaml."""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support import ROOT
from test_reports_browser import PROBE, browser  # noqa: F401  a fixture

EXPECTED = yaml.safe_load((ROOT / "examples/expected.yaml").read_text())
SLUGS = sorted(EXPECTED)
ACCEPT = ("--accept-degraded", "W6", "--accept-degraded", "W10")
"""The examples are harmless, so they are also graded where no control group can be made, and as an ordinary user."""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autograder", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900)


@pytest.fixture(scope="module", params=SLUGS)
def graded(request, tmp_path_factory, wall):
    """(slug, result folder, results by student) of the example class, graded once for this file."""
    out = tmp_path_factory.mktemp("examples") / request.param
    done = run("grade", "examples/class", "--assignment", request.param, *ACCEPT, "--out", out)
    assert done.returncode == 0, done.stderr
    return request.param, out, {result["student"]: result for result in json.loads((out / "results.json").read_text())}


def test_there_are_at_least_sixteen_submissions():
    assert sum(len(students) for students in EXPECTED.values()) >= 16


def test_every_submission_gets_its_score(graded):
    slug, _, results = graded
    assert {name: r["score"] for name, r in results.items()} == {name: e["score"] for name, e in EXPECTED[slug].items()}


def test_feedback_names_the_mistake(graded):
    slug, out, _ = graded
    for student, expected in EXPECTED[slug].items():
        page = (out / student / "feedback.html").read_text()
        said = html.unescape(page)
        assert expected.get("says", "") in said, student
        assert "Traceback" not in said and str(ROOT) not in said and "site-packages" not in said, student


def test_what_needs_a_look_is_on_the_class_page(graded):
    slug, out, results = graded
    page = html.unescape((out / "index.html").read_text())
    for student, expected in EXPECTED[slug].items():
        if "look" in expected:
            assert any(expected["look"] in sentence for sentence in results[student]["attention"]), student
            assert expected["look"] in page
        else:
            assert results[student]["attention"] == [], student


def test_the_class_page_shows_evidence_that_students_do_not_get(graded):
    """What code did instead of answering, hidden observations included: for the instructor alone."""
    _, out, results = graded
    page = html.unescape((out / "index.html").read_text())
    assert "<summary>evidence</summary>" in page and "ended its process or broke the protocol" in page
    assert "did not answer in time" not in page  # an endless loop is a mistake like others
    for student in results:
        for name in ("feedback.html", "feedback.md", "result.json"):
            if (out / student / name).exists():
                assert "broke the protocol" not in (out / student / name).read_text()


def test_rescore_moves_nothing(graded):
    _, out, _ = graded
    before = (out / "results.json").read_bytes()
    done = run("rescore", out)
    assert done.returncode == 0 and "nothing moved" in done.stdout, done.stdout + done.stderr
    assert (out / "results.json").read_bytes() == before


def test_results_are_valid_by_the_published_schema(graded):
    import jsonschema

    schema = json.loads((ROOT / "autograder/reports/results.schema.json").read_text())
    jsonschema.validate(json.loads((graded[1] / "results.json").read_text()), schema)


@pytest.mark.browser
def test_real_pages_hold_their_pictures_in_a_browser(graded, browser):  # noqa: F811
    _, out, results = graded
    pages = [out / "index.html", out / "ada" / "feedback.html", out / "carl" / "feedback.html"]
    for path in pages:
        page = path.read_text()
        probe = PROBE.replace("WIDTH", "390").replace("PAGE", html.escape(page))
        dom, log = browser(probe, "--dump-dom", "--virtual-time-budget=10000")
        assert "CONSOLE" not in log, (path.name, log)
        width, count, loaded = map(int, dom.split("<title>")[1].split("</title>")[0].split())
        assert count == loaded, path
        assert width <= 390, path
        assert count >= (3 if "feedback" in path.name else len(results) // 2), path


@pytest.mark.slow
def test_grading_twice_gives_identical_results(graded, tmp_path):
    slug, out, _ = graded
    again = run("grade", "examples/class", "--assignment", slug, *ACCEPT, "--out", tmp_path / "again", "--jobs", 1)
    assert again.returncode == 0, again.stderr

    def timeless(folder: Path) -> list[dict]:
        results = json.loads((folder / "results.json").read_text())
        for result in results:
            for check in result["checks"]:
                check["seconds"] = 0
        return results

    assert timeless(out) == timeless(tmp_path / "again")
