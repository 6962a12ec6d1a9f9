"""Release: what students get is whole, the same every time, and holds no answer."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.preprocessors import ClearSolutions

from autograder import release as release_module
from autograder.assignment import Task, read_assignment
from autograder.checks import Line
from autograder.errors import AssignmentError
from autograder.release import ReleaseInput, leaks, release, solution_regions, stub_source

REFERENCE = '''\
# %% [markdown]
# # Toy

# %%
import torch
from torch import nn

# %%
class Encoder(nn.Module):
    """Two regions, one TODO."""

    def __init__(self, width):
        super().__init__()
        # TODO 1: self.layers,
        # with one hidden layer
        ### BEGIN SOLUTION
        self.layers = nn.Sequential(
            nn.Linear(width, 2 * width),  # (B, 2W)
            nn.ReLU(),
        )
        ### END SOLUTION

    @torch.no_grad()
    def forward(self, x):
        """x: (B, W)."""
        # TODO 1: apply them
        ### BEGIN SOLUTION
        def inner(value):
            return self.layers(value) + 41
        hidden = inner(x)
        return hidden - hidden.mean(1, keepdim=True)
        ### END SOLUTION

# %%
def shift(x, by):
    """x + by."""
    y = x.clone()
    if by:
        # TODO 2: add
        ### BEGIN SOLUTION
        y = y + by * torch.ones_like(x)
        ### END SOLUTION
    return y
'''
FILES = {
    "assignment.yaml": "title: Toy\nsummary: Toy.\nchapter: toys\nminutes: 1\nmodule: toy\n"
    "tasks: [{id: encoder, todo: 1, title: Enc|oder}, {id: shift, todo: 2, title: Shift, stars: 3}, {id: training, title: T}]\n",
    "statement.md": "# Toy\n\nDo it.\n",
    "inputs.py": "def x(rng):\n    return 1  # caf\xe9\r\n",
    "driver.py": "def shifted(student, x) -> float:\n    return student.shift(x, 2)\n",
    "checks_visible.py": "def check_seen(shifted):\n    pass\n",
    "checks_hidden.py": "def check_unseen(shifted):\n    'HIDDEN CHECK'\n",
    "train.py": "import toy\n",
    "pictures.py": "def samples(x):\n    'Samples'\n",
    "design.md": "REASONS\n",
    "calibration.json": '{"profile": "embedded", "checks": {"check_seen": {"threshold": 2.5, "power": {"mutant_x": 0.9}},'
    ' "check_unseen": {"threshold": 3}}}',
}
TASKS = (
    Task(id="encoder", todo=1, title="Enc|oder"), Task(id="shift", todo=2, title="Shift", stars=3), Task(id="training", title="T")
)  # fmt: skip


def line(name: str, task: str, points: int, visibility: str, **more: Any) -> Line:
    return Line(name, f"title of {name}", task, points, "value", "hint", visibility, **{"reads": ("x",), **more})


LINES = (
    line("check_seen", "encoder", 30, "visible", reads=("x", "limit")),
    line("check_unseen", "encoder", 20, "hidden"),
    line("check_later", "shift", 1, "after_published"),
    line("check_other", "shift", 49, "hidden"),
)


@pytest.fixture
def toy(tmp_path: Path) -> ReleaseInput:
    """A toy assignment and its twin on disk."""
    folder, twin = tmp_path / "assignments" / "toy", tmp_path / "reference_solutions" / "toy"
    folder.mkdir(parents=True)
    twin.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_bytes(text.encode())
    (twin / "toy.py").write_text(REFERENCE)
    (twin / "mutants.yaml").write_text("- name: wrong\n")
    return ReleaseInput(
        slug="toy", title="Toy", module="toy", tasks=TASKS, assignment_folder=folder, reference_file=twin / "toy.py", lines=LINES,
        weights="toy.safetensors", pictures={"samples": b"\x89PNG\r\n"}, extra={".github/workflows/check.yml": b"on: push\n"},
    )  # fmt: skip


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rewrite(toy: ReleaseInput, old: str, new: str) -> ReleaseInput:
    text = toy.reference_file.read_text()
    assert text.count(old) >= 1
    toy.reference_file.write_text(text.replace(old, new))
    return toy


class TestStub:
    def test_regions_become_stubs_with_number_name_and_indent(self) -> None:
        stub = stub_source(REFERENCE)
        assert '        # with one hidden layer\n        raise NotImplementedError("TODO 1: Encoder.__init__")\n' in stub
        assert '        # TODO 1: apply them\n        raise NotImplementedError("TODO 1: Encoder.forward")\n' in stub
        assert '        # TODO 2: add\n        raise NotImplementedError("TODO 2: shift")\n    return y\n' in stub
        assert "SOLUTION" not in stub

    def test_everything_else_stays_line_for_line(self) -> None:
        inside = {i for r in solution_regions(REFERENCE) for i in range(r.begin, r.end + 1)}
        kept = [text for i, text in enumerate(REFERENCE.split("\n")) if i not in inside]
        assert [text for text in stub_source(REFERENCE).split("\n") if "NotImplementedError" not in text] == kept

    def test_signatures_and_docstrings_stay(self) -> None:
        def seen(source: str) -> list[tuple[str, str | None]]:
            definitions = (ast.FunctionDef, ast.ClassDef)
            return [(n.name, ast.get_docstring(n)) for n in ast.walk(ast.parse(source)) if isinstance(n, definitions)]

        assert [each for each in seen(REFERENCE) if each[0] != "inner"] == seen(stub_source(REFERENCE))

    def test_nbgrader_cuts_the_same_lines(self) -> None:
        """Its preprocessor as an oracle: what it leaves of each region's surroundings is what we leave."""
        theirs = nbformat.v4.new_code_cell(REFERENCE)
        ClearSolutions()._replace_solution_region(theirs, "python")
        left = [text for text in theirs.source.split("\n") if "YOUR CODE HERE" not in text and "NotImplementedError" not in text]
        assert left == [text for text in stub_source(REFERENCE).split("\n") if "NotImplementedError" not in text]

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ("### END SOLUTION\n    return y", "return y", "without `### END SOLUTION`"),
            ("        ### BEGIN SOLUTION\n        y = y", "        y = y", "`### END SOLUTION` without `### BEGIN SOLUTION`"),
            ("        hidden = inner(x)", "        ### BEGIN SOLUTION\n        pass", "inside another solution region"),
            ("### BEGIN SOLUTION", "# BEGIN SOLUTION", "on a line of its own, got `# BEGIN SOLUTION`"),
            ("### END SOLUTION", "### end solution", "on a line of its own"),
            ("### BEGIN SOLUTION", "### BEGIN YOUR SOLUTION", "on a line of its own"),
            ("y = y + by", "y = y + by  ### END SOLUTION", "on a line of its own"),
            ("        # TODO 2: add\n", "", "no comment `# TODO n: ...`"),
            ("        # TODO 2: add\n", "        # TODO 2: add\n        pass\n", "no comment `# TODO n: ...`"),
            ("# TODO 2: add", "# TODO: add", "no comment `# TODO n: ...`"),
            ("    ### END SOLUTION\n    return y", "    return y\nz = 1234567\n    ### END SOLUTION", "after the end of shift"),
            ("import torch\n", "# TODO 2: x\n### BEGIN SOLUTION\nX = 1\n### END SOLUTION\n", "not inside a function"),
            ('    """Two regions, one TODO."""', "    # TODO 1: x\n    ### BEGIN SOLUTION\n    x = 1\n    ### END SOLUTION",
             "not inside a function"),
            ('    """x + by."""', '    """\n# TODO 2: x\n### BEGIN SOLUTION\n### END SOLUTION\n    """', "would not raise"),
            ("        # TODO 2: add\n", "        z = (1,\n        # TODO 2: add\n", "Python"),
            ("def shift(", "def shift((", "not valid Python"),
        ],
    )  # fmt: skip
    def test_refused(self, toy: ReleaseInput, tmp_path: Path, old: str, new: str, says: str) -> None:
        rewrite(toy, old, new)
        with pytest.raises(AssignmentError, match=re.escape(says)) as caught:
            release(toy, tmp_path / "out")
        assert str(toy.reference_file) in str(caught.value)
        assert not (tmp_path / "out").exists()

    def test_a_reference_without_regions_is_refused(self) -> None:
        with pytest.raises(AssignmentError, match="no solution region"):
            stub_source("def f():\n    return 1\n")

    def test_a_region_at_the_end_of_the_file(self) -> None:
        source = "def f():\n    # TODO 1: x\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
        assert stub_source(source).endswith('    raise NotImplementedError("TODO 1: f")')


class TestHandout:
    def test_holds_exactly_what_students_get(self, toy: ReleaseInput, tmp_path: Path) -> None:
        written = release(toy, tmp_path / "out")
        assert written == sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file())
        assert set(tree(tmp_path / "out")) == {
            "README.md", "toy.py", "toy.ipynb", "train.py", "inputs.py", "driver.py", "checks_visible.py", "pictures.py",
            "assignment.yaml", "rubric.json", "calibration.json", "pictures/samples.png", ".github/workflows/check.yml",
        }  # fmt: skip

    def test_files_are_copied_whole(self, toy: ReleaseInput, tmp_path: Path) -> None:
        release(toy, tmp_path / "out")
        for name in ("train.py", "inputs.py", "driver.py", "checks_visible.py", "pictures.py", "assignment.yaml"):
            assert (tmp_path / "out" / name).read_bytes() == (toy.assignment_folder / name).read_bytes()

    def test_a_student_can_check_with_it(self, toy: ReleaseInput, tmp_path: Path) -> None:
        release(toy, tmp_path / "out")
        assert read_assignment(tmp_path / "out", "toy").thresholds("embedded") == {"check_seen": 2.5}

    def test_nothing_of_hidden_checks_mutants_or_reasons(self, toy: ReleaseInput, tmp_path: Path) -> None:
        release(toy, tmp_path / "out")
        everything = b"\n".join(tree(tmp_path / "out").values())
        for secret in (b"HIDDEN CHECK", b"check_unseen", b"check_other", b"title of", b"mutant", b"REASONS", b"SOLUTION"):
            assert secret not in everything

    def test_same_bytes_again(self, toy: ReleaseInput, tmp_path: Path) -> None:
        release(toy, tmp_path / "a")
        release(toy, tmp_path / "b")
        release(toy, tmp_path / "b")
        assert tree(tmp_path / "a") == tree(tmp_path / "b")

    def test_readme_says_points_and_how_to_work(self, toy: ReleaseInput, tmp_path: Path) -> None:
        release(toy, tmp_path / "out")
        readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
        assert readme.startswith("# Toy\n\nDo it.\n\n## Points\n")
        assert "| 1 | Enc\\|oder | ★ | 1 check, 30 points | 1 check, 20 points |\n" in readme
        assert "| 2 | Shift | ★★★ | - | 2 checks, 50 points |\n" in readme
        assert "| - | T | ★ | - | - |\n" in readme
        for part in ("python train.py", "autograder check", "`toy.safetensors`", "![samples](pictures/samples.png)"):
            assert part in readme

    def test_without_training_and_weights(self, toy: ReleaseInput, tmp_path: Path) -> None:
        (toy.assignment_folder / "train.py").unlink()
        (toy.assignment_folder / "calibration.json").unlink()
        release(replace(toy, weights=None, pictures={}, extra={}), tmp_path / "out")
        texts = tree(tmp_path / "out")
        assert b"train.py" not in texts["README.md"]
        assert b"safetensors" not in texts["README.md"]
        assert b"%run" not in texts["toy.ipynb"]

    def test_rubric_counts(self, toy: ReleaseInput, tmp_path: Path) -> None:
        release(toy, tmp_path / "out")
        rubric = json.loads((tmp_path / "out" / "rubric.json").read_text())
        assert rubric["total"] == {
            "points": 100, "visible": {"checks": 1, "points": 30}, "hidden": {"checks": 3, "points": 70}
        }  # fmt: skip
        assert rubric["tasks"][1] == {
            "id": "shift", "todo": 2, "title": "Shift", "stars": 3,
            "visible": {"checks": 0, "points": 0}, "hidden": {"checks": 2, "points": 50},
        }  # fmt: skip
        for name, digest in rubric["untouched"].items():
            assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
        assert set(rubric["untouched"]) == {"toy.py", "toy.ipynb"}


class TestRefused:
    def test_todos_and_tasks_must_agree(self, toy: ReleaseInput, tmp_path: Path) -> None:
        with pytest.raises(AssignmentError, match=r"expected the TODOs of assignment.yaml, \[1\], got \[1, 2\]"):
            release(replace(toy, tasks=TASKS[:1], lines=LINES[:2]), tmp_path / "out")

    def test_a_rubric_line_of_no_task(self, toy: ReleaseInput, tmp_path: Path) -> None:
        with pytest.raises(AssignmentError, match="check_x: task nowhere"):
            release(replace(toy, lines=(*LINES, line("check_x", "nowhere", 1, "hidden"))), tmp_path / "out")

    @pytest.mark.parametrize("name", ["statement.md", "driver.py", "inputs.py", "checks_visible.py", "assignment.yaml"])
    def test_a_missing_file_is_named(self, toy: ReleaseInput, tmp_path: Path, name: str) -> None:
        (toy.assignment_folder / name).unlink()
        with pytest.raises(AssignmentError, match=name):
            release(toy, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_a_hidden_check_in_a_file_that_students_get(self, toy: ReleaseInput, tmp_path: Path) -> None:
        (toy.assignment_folder / "checks_visible.py").write_text("def check_seen(x): ...\ndef check_other(x): ...\n")
        with pytest.raises(AssignmentError, match="defines the hidden check check_other"):
            release(toy, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_text_that_is_not_utf8(self, toy: ReleaseInput, tmp_path: Path) -> None:
        (toy.assignment_folder / "statement.md").write_bytes(b"caf\xe9")
        with pytest.raises(AssignmentError, match=r"statement.md: expected UTF-8"):
            release(toy, tmp_path / "out")

    def test_a_broken_calibration(self, toy: ReleaseInput, tmp_path: Path) -> None:
        (toy.assignment_folder / "calibration.json").write_text("[]")
        with pytest.raises(AssignmentError, match="not a calibration record"):
            release(toy, tmp_path / "out")


class TestLeaks:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("statement.md", "# Toy\n\nTry `return hidden - hidden.mean(1, keepdim=True)`.\n"),
            ("train.py", "# nn.Linear(width, 2 * width), is what we used\n"),
            ("driver.py", "def shifted(student, x) -> float:\n    y = y + by * torch.ones_like(x)\n"),
        ],
    )
    def test_a_line_of_the_solution_stops_the_release(self, toy: ReleaseInput, tmp_path: Path, name: str, text: str) -> None:
        (toy.assignment_folder / name).write_text(text)
        with pytest.raises(AssignmentError, match="would give an answer away"):
            release(toy, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_the_reference_in_its_place_is_found_everywhere(self, toy: ReleaseInput, tmp_path: Path) -> None:
        release(toy, tmp_path / "out")
        assert leaks(REFERENCE, tmp_path / "out") == []
        (tmp_path / "out" / "deep").mkdir()
        (tmp_path / "out" / "deep" / "toy.py").write_text(REFERENCE)
        found = leaks(REFERENCE, tmp_path / "out")
        assert any("marker" in each for each in found)
        for secret in ("nn.Linear(width, 2 * width),", "return self.layers(value) + 41", "y = y + by * torch.ones_like(x)"):
            assert any(each.startswith(os.path.join("deep", "toy.py")) and secret in each for each in found)

    def test_escapes_of_a_notebook_hide_nothing(self, tmp_path: Path) -> None:
        secret = 'return "a\\"quoted\\" string" + chr(233)'
        reference = f"def f():\n    # TODO 1: x\n    ### BEGIN SOLUTION\n    {secret}\n    ### END SOLUTION\n"
        cell = nbformat.v4.new_code_cell(secret)
        (tmp_path / "toy.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))
        assert len(leaks(reference, tmp_path)) == 1

    def test_a_broken_notebook_is_searched_as_text(self, tmp_path: Path) -> None:
        (tmp_path / "toy.ipynb").write_text("{ y = y + by * torch.ones_like(x)")
        assert len(leaks(REFERENCE, tmp_path)) == 1

    def test_what_says_nothing_does_not_count(self, tmp_path: Path) -> None:
        (tmp_path / "train.py").write_text("hidden = inner(x)\nnn.ReLU(),\nself.layers = nn.Sequential(\nmodel.train()\n")
        solution = REFERENCE.replace(
            "hidden = inner(x)", "hidden = inner(x)\n        optimizer.zero_grad()\n        model.train()"
        )
        assert leaks(solution.replace("def inner", "def helper"), tmp_path) == [
            "train.py: holds line 30 of the solution: `hidden = inner(x)`"  # a call of what is not in the handout
        ]
        assert leaks(solution + "\ndef inner(x): ...\n", tmp_path) == []

    def test_a_call_of_the_library_is_an_answer(self, tmp_path: Path) -> None:
        reference = "def f(a, b):\n    # TODO 1: x\n    ### BEGIN SOLUTION\n    return F.mse_loss(a, b)\n    ### END SOLUTION\n"
        (tmp_path / "README.md").write_text("Use return F.mse_loss(a, b).")
        assert len(leaks(reference, tmp_path)) == 1

    def test_a_hint_is_given_on_purpose(self, tmp_path: Path) -> None:
        (tmp_path / "checks_visible.py").write_text(
            '@check(hint="Use nn.Linear(width, 2 * width), then a ReLU")\ndef check_x(x): ...\n'
        )
        assert leaks(REFERENCE, tmp_path) == []
        (tmp_path / "checks_visible.py").write_text("# nn.Linear(width, 2 * width),\n")
        assert len(leaks(REFERENCE, tmp_path)) == 1

    def test_comments_beside_code_do_not_hide_it(self, tmp_path: Path) -> None:
        (tmp_path / "x.py").write_text("    nn.Linear(width, 2 * width),  # another comment\n")
        assert len(leaks(REFERENCE, tmp_path)) == 1


class TestWholeOrNotAtAll:
    def test_a_former_handout_is_replaced_as_a_whole(self, toy: ReleaseInput, tmp_path: Path) -> None:
        release(toy, tmp_path / "out")
        (tmp_path / "out" / "old.py").write_text("gone")
        (toy.assignment_folder / "statement.md").write_text("# New\n")
        release(toy, tmp_path / "out")
        assert not (tmp_path / "out" / "old.py").exists()
        assert (tmp_path / "out" / "README.md").read_text(encoding="utf-8").startswith("# New\n")

    def test_an_empty_folder_is_filled(self, toy: ReleaseInput, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        assert release(toy, tmp_path / "out")

    @pytest.mark.parametrize("names", [["notes.txt"], ["rubric.json"], ["assignment.yaml", "x.py"], [".hidden"]])
    def test_any_other_folder_is_left_alone(self, toy: ReleaseInput, tmp_path: Path, names: list[str]) -> None:
        (tmp_path / "out").mkdir()
        for name in names:
            (tmp_path / "out" / name).write_text("mine")
        with pytest.raises(AssignmentError, match="not a handout"):
            release(toy, tmp_path / "out")
        assert set(tree(tmp_path / "out")) == set(names)

    def test_a_file_and_the_assignment_itself_are_left_alone(self, toy: ReleaseInput, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("mine")
        before = tree(toy.assignment_folder)
        for out in (tmp_path / "file", toy.assignment_folder, toy.reference_file.parent):
            with pytest.raises(AssignmentError, match="not a handout"):
                release(toy, out)
        assert tree(toy.assignment_folder) == before

    @pytest.mark.parametrize("former", [False, True])
    def test_a_failed_release_leaves_all_as_it_was(self, toy: ReleaseInput, tmp_path: Path, former: bool) -> None:
        if former:
            release(toy, tmp_path / "out")
        before = {name: content for name, content in tree(tmp_path).items() if name.startswith("out")}
        (toy.assignment_folder / "train.py").write_text("y = y + by * torch.ones_like(x)\n")
        with pytest.raises(AssignmentError):
            release(toy, tmp_path / "out")
        assert {name: content for name, content in tree(tmp_path).items() if name.startswith("out")} == before
        assert {path.name for path in tmp_path.iterdir()} == {"assignments", "reference_solutions", *(["out"] if former else [])}

    @pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
    def test_a_fault_in_the_last_step_brings_the_former_handout_back(
        self, toy: ReleaseInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
    ) -> None:
        release(toy, tmp_path / "out")
        before = tree(tmp_path / "out")
        rename = Path.rename

        def failing(self: Path, target: Path) -> Path:
            if self.name == "new":
                raise fault
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", failing)
        with pytest.raises((AssignmentError, KeyboardInterrupt)):
            release(toy, tmp_path / "out")
        assert tree(tmp_path / "out") == before
        assert {path.name for path in tmp_path.iterdir()} == {"assignments", "reference_solutions", "out"}

    def test_a_full_disk_leaves_nothing(self, toy: ReleaseInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(self: Path, content: bytes) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", full)
        with pytest.raises(AssignmentError, match="No space left"):
            release(toy, tmp_path / "out")
        assert not (tmp_path / "out").exists()
        assert len(list(tmp_path.iterdir())) == 2

    def test_the_handout_can_be_read_by_others(self, toy: ReleaseInput, tmp_path: Path) -> None:
        release(toy, tmp_path / "out")
        assert (tmp_path / "out").stat().st_mode & 0o777 == 0o777 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_names_are_public_and_said() -> None:
    for name in ("ReleaseInput", "release", "handout_files", "stub_source", "solution_regions", "leaks", "rubric"):
        assert getattr(release_module, name).__doc__
