"""`autograder new`: the skeleton is an assignment that holds as it stands."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml

from autograder.assignment import read_assignment
from autograder.checks import CheckFailed
from autograder.errors import CourseError
from autograder.release import ReleaseInput, leaks, release
from autograder.rubric import complete_rubric
from autograder.scaffold import TEMPLATES, create

SLUG = "my_toy"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    create(SLUG, tmp_path)
    return tmp_path


def module(path: Path, text: str = "") -> ModuleType:
    made = ModuleType(path.stem)
    exec(compile(text or path.read_text(encoding="utf-8"), str(path), "exec"), made.__dict__)
    return made


def lost(root: Path, student: ModuleType, seed: int = 0) -> dict[str, str]:
    """Check -> message, of every check that this module fails; judged here as the judge would, with no wall."""
    folder = root / "assignments" / SLUG
    inputs, driver = module(folder / "inputs.py"), module(folder / "driver.py")
    known: dict[str, Any] = {"student": student}
    for i, (name, draw) in enumerate(_public(inputs).items()):
        known[name] = draw(torch.Generator().manual_seed(100 * seed + i))
    failed = {}
    for name, observe in _public(driver).items():
        try:
            known[name] = observe(**{key: known[key] for key in _parameters(observe)})
        except NotImplementedError as error:
            known[name] = str(error)
    for file in ("checks_visible.py", "checks_hidden.py"):
        for name, check in _public(module(folder / file)).items():
            try:
                check(**{key: known[key] for key in _parameters(check)})
            except (CheckFailed, TypeError) as error:
                failed[name] = f"{error} {check.__check__['hint']} {check.__check__['title']}"
    return failed


def _public(source: ModuleType) -> dict[str, Any]:
    own = {name: value for name, value in vars(source).items() if getattr(value, "__code__", None) is not None}
    return {name: value for name, value in own.items() if value.__globals__ is vars(source) and not name.startswith("_")}


def _parameters(function: Any) -> tuple[str, ...]:
    return function.__code__.co_varnames[: function.__code__.co_argcount]


def test_writes_both_folders_and_prints_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = create(SLUG, tmp_path)
    assert sorted(written) == sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert {str(path.relative_to(tmp_path)) for path in written} >= {
        "assignments/my_toy/assignment.yaml", "assignments/my_toy/checks_hidden.py", "assignments/my_toy/design.md",
        "reference_solutions/my_toy/my_toy.py", "reference_solutions/my_toy/mutants.yaml",
        "reference_solutions/my_toy/alternates/library.py",
    }  # fmt: skip
    assert capsys.readouterr() == ("", "")
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "{{" not in text
        assert max(map(len, text.split("\n"))) <= 130


def test_is_a_well_formed_assignment(root: Path) -> None:
    assignment = read_assignment(root / "assignments" / SLUG, SLUG)
    rubric = complete_rubric(assignment)
    assert {line.visibility for line in rubric.lines} == {"visible", "hidden"}
    assert all(line.hint for line in rubric.lines)
    assert [task.todo for task in assignment.spec.tasks] == [1, 2]


@pytest.mark.parametrize("name", ["my_toy.py", "alternates/library.py"])
def test_right_answers_get_full_marks_over_many_seeds(root: Path, name: str) -> None:
    student = module(root / "reference_solutions" / SLUG / name)
    for seed in range(50):
        assert lost(root, student, seed) == {}


def test_every_mutant_loses_its_check_and_no_other_and_is_told_why(root: Path) -> None:
    twin = root / "reference_solutions" / SLUG
    reference = (twin / f"{SLUG}.py").read_text(encoding="utf-8")
    mutants = yaml.safe_load((twin / "mutants.yaml").read_text(encoding="utf-8"))
    assert len(mutants) >= 2
    for mutant in mutants:
        text = reference
        for edit in mutant["edits"]:
            assert text.count(edit["old"]) == 1
            text = text.replace(edit["old"], edit["new"])
        for seed in range(20):
            failed = lost(root, module(twin / f"{SLUG}.py", text), seed)
            assert set(failed) == set(mutant["must_fail"]), mutant["name"]
            assert any(word in message for message in failed.values() for word in mutant["says"])
    rubric = complete_rubric(read_assignment(root / "assignments" / SLUG, SLUG))
    assert {name for mutant in mutants for name in mutant["must_fail"]} == {line.id for line in rubric.lines}


def test_its_handout_earns_nothing_and_tells_nothing(root: Path) -> None:
    assignment = read_assignment(root / "assignments" / SLUG, SLUG)
    reference = root / "reference_solutions" / SLUG / f"{SLUG}.py"
    rubric = complete_rubric(assignment)
    out = assignment.folder / "handout"
    release(
        ReleaseInput(
            slug=SLUG, title=assignment.spec.title, module=SLUG, tasks=assignment.spec.tasks, assignment_folder=assignment.folder,
            reference_file=reference, lines=rubric.lines,
        ),
        out,
    )  # fmt: skip
    assert set(lost(root, module(out / f"{SLUG}.py"))) == {line.id for line in rubric.lines}
    assert leaks(reference.read_text(encoding="utf-8"), out) == []


@pytest.mark.slow
@pytest.mark.wall
def test_verify_accepts_it(root: Path, wall: Any) -> None:
    from autograder.assignment import load_assignment
    from autograder.course import find_course
    from autograder.grade import prepare
    from autograder.handout import make_handout
    from autograder.verify.course import prove_all

    chapter = "chapters: [{id: drafts, title: Drafts, assignments: [{slug: my_toy}]}]\n"
    (root / "course.yaml").write_text("title: Toys\n" + chapter)
    course = find_course(root)
    prepared = prepare(course, load_assignment(course, SLUG))
    make_handout(prepared, prepared.assignment.folder / "handout", sandbox=wall)
    (report,) = prove_all([prepared], wall, seeds=3)
    assert report.problems == []
    assert report.ok


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "Vae",
        "1vae",
        "my-toy",
        "my toy",
        "../x",
        "a/b",
        "a" * 65,
        "vae\n",
        "é",
        "_x",
        "class",
        "json",
        "torch",
        "driver",
        "data",
    ],
)
def test_bad_slugs_are_refused(tmp_path: Path, slug: str) -> None:
    with pytest.raises(CourseError, match="cannot be a slug"):
        create(slug, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", ["assignments", "reference_solutions"])
def test_a_folder_that_exists_is_left_alone(tmp_path: Path, part: str) -> None:
    mine = tmp_path / part / SLUG
    mine.mkdir(parents=True)
    (mine / "work.txt").write_text("mine")
    with pytest.raises(CourseError, match="exists"):
        create(SLUG, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine / "work.txt"]


def test_a_fault_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_bytes

    def failing(self: Path, content: bytes) -> int:
        if self.name == "mutants.yaml":
            raise OSError(28, "No space left on device")
        return write(self, content)

    monkeypatch.setattr(Path, "write_bytes", failing)
    with pytest.raises(CourseError, match="No space left"):
        create(SLUG, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file() or path.name == SLUG] == []


def test_templates_are_all_used(root: Path) -> None:
    assert len(list(TEMPLATES.rglob("*.tmpl"))) == len([path for path in root.rglob("*") if path.is_file()])
