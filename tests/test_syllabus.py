"""docs/course.md says what the course and its assignments say, and gives nothing of the judging away."""

from __future__ import annotations

import re

from support import ROOT

from autograder.assignment import load_assignment
from autograder.course import find_course
from autograder.rubric import complete_rubric
from autograder.syllabus import PAGE, syllabus

COURSE = find_course(ROOT)


def test_the_page_in_the_docs_is_current():
    assert (ROOT / PAGE).read_text() == syllabus(COURSE), "make it anew: make course"


def test_every_session_is_there_in_order_with_goals_todos_time_points_and_pictures():
    page = (ROOT / PAGE).read_text()
    assert re.findall(r'<a id="(\w+)">', page) == COURSE.slugs
    for part, slug in zip(page.split("<a id=")[1:], COURSE.slugs, strict=True):
        assignment = load_assignment(COURSE, slug)
        rubric = complete_rubric(assignment)
        assert assignment.spec.goals and assignment.spec.prerequisites, slug
        assert all(f"- {goal}" in part for goal in assignment.spec.goals)
        assert all(text in part for text in assignment.spec.prerequisites)
        points = [int(number) for number in re.findall(r"\| (\d+) \|$", part, re.MULTILINE)]
        assert sum(points) == rubric.points() == 100 and len(points) == len(assignment.spec.tasks)
        pictures = re.findall(r"\]\((\.\./assignments/\S+\.png)\)", part)
        assert pictures and all((ROOT / "docs" / picture).is_file() for picture in pictures)


def test_nothing_of_a_hidden_check_is_told():
    page = (ROOT / PAGE).read_text()
    for slug in COURSE.slugs:
        for line in complete_rubric(load_assignment(COURSE, slug)).lines:
            assert line.id not in page
            if line.visibility == "hidden":
                assert line.title not in page and line.hint not in page
