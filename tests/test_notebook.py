"""The notebook twin, and the reader of students' notebooks: code in an envelope, and the envelope proves nothing."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import CheckCellMetadata, LockCells

from autograder.errors import AssignmentError
from autograder.notebook import notebook_twin
from autograder.release import stub_source
from autograder.sandbox import notebook_source
from autograder.sandbox.notebook_source import MAX_BYTES, NotebookError, module_source, place

TWINS = Path(__file__).parents[1] / "reference_solutions"
COURSE = sorted(path for path in TWINS.glob("*/*.py") if path.stem == path.parent.name)

STUB = '''\
# %% [markdown]
# # Toy
# Text with $x$ and "quotes".

# %%
"""A toy."""
from __future__ import annotations

import math

WIDTH = 3

# %% [markdown]
# ## TODO 1 · Halving

# %%
def half(x):
    """Half of x."""
    # TODO 1: divide
    raise NotImplementedError("TODO 1: half")

# %%
class Model:
    """Two methods."""

    def __init__(self):
        self.width = WIDTH

    def forward(self, x: Later):
        raise NotImplementedError("TODO 2: Model.forward")

# %%
def given(x):
    return math.sqrt(x)

# %%
def given_too(x):
    return given(x)

# %%
class Later: ...
'''


def cell(source: str | list[str], *, name: str = "", grade_id: str = "", part: str = "", **more: Any) -> dict[str, Any]:
    """A code cell; with `grade_id` one of the handout."""
    metadata: dict[str, Any] = {"autograder": {"part": part}} if part else {}
    if grade_id:
        metadata["nbgrader"] = {"grade": False, "solution": True, "locked": False, "grade_id": grade_id, "schema_version": 3}
    named = {"id": name} if name else {}
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": [], "source": source, **named, **more}


def notebook(*cells: Any, **more: Any) -> bytes:
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}).encode()


def run(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "toy"}
    exec(compile(source, "toy.ipynb", "exec", dont_inherit=True), names)
    return names


def refused(raw: bytes) -> str:
    """The sentence of the NotebookError."""
    with pytest.raises(NotebookError) as caught:
        module_source(raw)
    sentence = str(caught.value)
    assert sentence
    assert "\n" not in sentence
    return sentence


class TestTwin:
    def test_is_valid_for_jupyter_and_for_nbgrader(self) -> None:
        twin = nbformat.reads(notebook_twin(STUB, "toy"), as_version=4)
        nbformat.validate(twin)
        MetadataValidator().validate_nb(twin)
        CheckCellMetadata().preprocess(twin, {})
        before = nbformat.writes(twin)
        locked, _ = LockCells().preprocess(twin, {})
        assert nbformat.writes(locked) == before  # as nbgrader's own release would lock it

    def test_same_source_same_bytes(self) -> None:
        assert notebook_twin(STUB, "toy") == notebook_twin(STUB, "toy")

    def test_ids_come_from_names_and_do_not_move(self) -> None:
        ids = [c["id"] for c in json.loads(notebook_twin(STUB, "toy"))["cells"] if c["metadata"].get("nbgrader")]
        assert ids == ["imports", "half", "Model", "given", "given_too", "Later"]
        more = STUB.replace("# %%\nclass Model", "# %% [markdown]\n# New\n# %%\ny = 1\n# %%\nclass Model")
        longer = json.loads(notebook_twin(more, "toy"))
        assert [c["id"] for c in longer["cells"] if c["id"] in ids] == ids

    def test_equal_names_are_numbered(self) -> None:
        again = STUB + "\n# %%\ndef half(x):\n    return x\n# %%\nclass half: ...\n"
        twin = nbformat.reads(notebook_twin(again, "toy"), as_version=4)
        nbformat.validate(twin)
        assert [c.id for c in twin.cells if c.id.startswith("half")] == ["half", "half-2", "half-3"]

    def test_todo_cells_are_solutions_and_other_code_is_locked(self) -> None:
        graded = {c["id"]: c["metadata"] for c in json.loads(notebook_twin(STUB, "toy"))["cells"] if "nbgrader" in c["metadata"]}
        assert {name for name, m in graded.items() if m["nbgrader"]["solution"]} == {"half", "Model"}
        for name, metadata in graded.items():
            assert metadata["nbgrader"] == {
                "grade": False, "solution": name in ("half", "Model"), "locked": name not in ("half", "Model"), "task": False,
                "schema_version": 3, "grade_id": name,
            }  # fmt: skip
            assert metadata.get("editable", True) is (name in ("half", "Model"))

    def test_no_outputs_and_a_plain_kernel(self) -> None:
        twin = json.loads(notebook_twin(STUB, "toy"))
        assert twin["metadata"]["kernelspec"]["name"] == "python3"
        assert all(c["outputs"] == [] and c["execution_count"] is None for c in twin["cells"] if c["cell_type"] == "code")

    def test_last_cells_train_and_check(self) -> None:
        cells = json.loads(notebook_twin(STUB, "toy_slug", module="toy"))["cells"]
        trying = ["".join(c["source"]) for c in cells if c["metadata"].get("autograder") == {"part": "try"}]
        assert trying == ["".join(c["source"]) for c in cells[-3:]]
        assert "%run train.py" in trying[1]
        assert 'sys.modules["toy"]' in trying[1]
        assert trying[2] == "!autograder check ."

    def test_without_a_train_py_there_is_no_training_cell(self) -> None:
        assert b"%run train.py" not in notebook_twin(STUB, "toy", train=False)

    def test_a_source_without_todos_is_refused(self) -> None:
        with pytest.raises(AssignmentError, match="TODO"):
            notebook_twin("# %%\nx = 1\n", "toy")

    def test_round_trip_defines_the_same(self) -> None:
        source = module_source(notebook_twin(STUB, "toy"))
        ours, theirs = run(source), run(STUB)
        assert set(ours) | {"__doc__"} == set(theirs)
        with pytest.raises(NotImplementedError, match="TODO 1: half"):
            ours["half"](1)
        assert ours["given_too"](4) == 2
        assert "%run" not in source
        assert "!autograder" not in source

    @pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
    def test_round_trip_of_the_course(self, path: Path) -> None:
        stub = stub_source(path.read_text(encoding="utf-8"))
        again = module_source(notebook_twin(stub, path.stem))
        assert _definitions(again) == _definitions(stub)


def _definitions(source: str) -> list[str]:
    return [ast.dump(node) for node in ast.parse(source).body if not isinstance(node, ast.Expr)]


class TestWhatCounts:
    def test_the_reader_needs_only_the_standard_library(self) -> None:
        tree = ast.parse(Path(notebook_source.__file__).read_text(encoding="utf-8"))
        roots = {alias.name.partition(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
        roots |= {(n.module or "").partition(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert roots <= sys.stdlib_module_names

    def test_outputs_and_execution_counts_are_nothing(self) -> None:
        plain = notebook(cell("def f(): return 1", grade_id="f"))
        forged = notebook(
            cell("def f(): return 1", grade_id="f", execution_count=7, outputs=[
                {"output_type": "stream", "name": "stdout", "text": "100 of 100 points"},
                {"output_type": "display_data", "data": {"text/plain": "def f(): return 2"}, "metadata": {}},
            ]),
            metadata={"autograder": {"score": 100}},
        )  # fmt: skip
        assert module_source(forged) == module_source(plain)

    def test_metadata_gives_no_points_and_no_code(self) -> None:
        raw = cell("def f(): return 1", grade_id="f")
        raw["metadata"]["nbgrader"] |= {"grade": True, "points": 1e9, "checksum": "0" * 32, "source": "def f(): return 2"}
        assert run(module_source(notebook(raw)))["f"]() == 1

    def test_cells_that_try_things_out_are_left_out(self) -> None:
        trying = cell("raise SystemExit", part="try"), cell("!ls", part="try")
        source = module_source(notebook(cell("x = 1", grade_id="a"), *trying))
        assert "SystemExit" not in source
        assert "ls" not in source

    def test_cells_of_the_handout_are_taken_whole(self) -> None:
        assert run(module_source(notebook(cell("x = [i for i in range(3)]\nx.append(9)", grade_id="a"))))["x"] == [0, 1, 2, 9]

    def test_locked_cells_are_taken_whole(self) -> None:
        raw = cell("x = max(1, 2)")
        raw["metadata"]["nbgrader"] = {"grade": False, "solution": False, "locked": True, "grade_id": "setup"}
        assert run(module_source(notebook(raw)))["x"] == 2

    def test_added_cells_give_imports_definitions_and_constants_only(self) -> None:
        added = textwrap.dedent("""\
            import math, os.path as p
            from functools import (
                partial,  # a comment
            )
            A = 3; print("no"); B: int = -2 * A
            C, D = (1, 2), {"k": [A]}
            E = open("/etc/passwd")
            F = unknown + 1
            for i in range(10 ** 9):
                G = i
            @partial(lambda f: f)
            def helper(x):
                return x + A  # kept
            class Net:
                def forward(self): return 5
            if True:
                H = 1
            helper(3)
            raise SystemExit
            """)
        names = run(module_source(notebook(cell(added))))
        assert {n for n in names if not n.startswith("_")} == {"math", "p", "partial", "A", "B", "C", "D", "helper", "Net"}
        assert names["B"] == -6
        assert names["helper"](1) == 4
        assert names["Net"]().forward() == 5

    def test_constants_may_come_from_cells_of_the_handout(self) -> None:
        names = run(module_source(notebook(cell("WIDTH = int('3')", grade_id="setup"), cell("DOUBLE = 2 * WIDTH"))))
        assert names["DOUBLE"] == 6

    def test_a_plotting_library_that_is_missing_costs_nothing(self) -> None:
        """`import matplotlib` in a scratch cell must not cost the whole submission."""
        added = cell("import no_such_plots as plt; import math\ndef show(x):\n    plt.plot(x)")
        names = run(module_source(notebook(added, cell("def f(): return 1", grade_id="f"))))
        assert names["f"]() == 1

    def test_a_library_missing_in_a_cell_of_the_handout_is_an_error(self) -> None:
        with pytest.raises(ImportError):
            run(module_source(notebook(cell("import no_such_library", grade_id="imports"))))

    def test_the_last_of_two_definitions_holds_as_in_jupyter(self) -> None:
        assert run(module_source(notebook(cell("def f(): return 1", grade_id="f"), cell("def f(): return 2"))))["f"]() == 2

    def test_text_cells_are_no_code(self) -> None:
        text = {"cell_type": "markdown", "metadata": {}, "source": "def f(): return 2"}
        raw = {"cell_type": "raw", "metadata": {}, "source": "import os"}
        assert set(run(module_source(notebook(text, raw, cell("x = 1"))))) - {"__builtins__", "__name__"} == {"x"}

    def test_future_imports_of_any_cell_hold(self) -> None:
        later = cell("from __future__ import annotations; y = 2\ndef f(a: Unknown): ...", grade_id="f")
        names = run(module_source(notebook(cell("x = 1"), later)))
        assert names["y"] == 2

    def test_source_may_be_lines_and_have_any_line_ends(self) -> None:
        assert run(module_source(notebook(cell(["x = 1\r\n", "y = '''a\r", "b'''\n"]))))["y"] == "a\nb"

    def test_odd_escapes_are_left_alone_even_if_warnings_are_errors(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert "\\d" in module_source(notebook(cell("x = '\\d'", grade_id="x")))


class TestMagics:
    def test_lines_become_comments(self) -> None:
        code = "%matplotlib inline\n!pip install \\\n    torch\nx = 5\nif x:\n    !ls\nmath?"
        source = module_source(notebook(cell(code, grade_id="a")))
        assert run(source)["x"] == 5
        assert "# %matplotlib inline" in source

    def test_a_cell_magic_is_a_whole_comment(self) -> None:
        names = run(module_source(notebook(cell("\n%%bash\nx = 1\nrm -rf /", grade_id="a"), cell("y = 2"))))
        assert "x" not in names
        assert names["y"] == 2

    def test_below_time_the_code_counts(self) -> None:
        assert run(module_source(notebook(cell("%%time\nx = 1", grade_id="a"))))["x"] == 1

    def test_a_percent_sign_in_python_is_python(self) -> None:
        names = run(module_source(notebook(cell('x = ("%d"\n% 3)\ny = """\n%d\n!ls\n"""', grade_id="a"))))
        assert names["x"] == "3"
        assert names["y"] == "\n%d\n!ls\n"


class TestWhere:
    def test_a_syntax_error_names_cell_and_line(self) -> None:
        text = {"cell_type": "markdown", "metadata": {}, "source": "# Title"}
        sentence = refused(notebook(text, cell("def f(:\n  pass"), cell("ok = 1")))
        assert sentence == "cell 2, line 1: invalid syntax"
        sentence = refused(notebook(text, text, cell("x = 1\n\ny = = 2", name="reparameterize", grade_id="reparameterize")))
        assert sentence == "cell 3 (id reparameterize), line 3: invalid syntax"

    def test_what_only_the_compiler_sees_is_named_too(self) -> None:
        sentence = refused(notebook(cell("x = 1"), cell("y = 1\nreturn y", name="abc", grade_id="a")))
        assert sentence == "cell 2 (id abc), line 2: 'return' outside function"

    def test_each_line_stays_where_it_was(self) -> None:
        added = "from a_b import (c,\n  d)\nprint(1)\n\n\ndef f():\n    return 1 / 0\n"
        first = cell("from __future__ import annotations\nx = 1", grade_id="a")
        source = module_source(notebook(first, cell(added, name="mine")))
        line = next(i for i, text in enumerate(source.split("\n"), 1) if "1 / 0" in text)
        assert place(source, line) == "cell 2 (id mine), line 7"
        assert place(source, 1) == "the notebook"

    def test_a_cell_id_cannot_inject_a_line(self) -> None:
        names = run(module_source(notebook(cell("x = 1", name="a\nimport os"), cell("y = 1", name="x" * 65))))
        assert "os" not in names


class TestRefused:
    @pytest.mark.parametrize(
        ("raw", "says"),
        [
            (b"", "JSON"),
            (b"not json", "JSON"),
            (b"\xff\xfe{}", "UTF-8"),
            (notebook(cell("x = 'caf\xe9'")).decode().replace("\\u00e9", "\xe9").encode("latin-1"), "UTF-8"),
            (b"\xef\xbb\xbf" + notebook(cell("x = 1")), "JSON"),
            (b"[1, 2]", "not a Jupyter notebook"),
            (b"null", "not a Jupyter notebook"),
            (b"{}", "not a Jupyter notebook"),
            (b'{"nbformat": true, "cells": []}', "not a Jupyter notebook"),
            (b'{"nbformat": 4.0, "cells": []}', "not a Jupyter notebook"),
            (b'{"nbformat": 3, "worksheets": [{"cells": []}]}', "format 3"),
            (b'{"nbformat": 5, "cells": []}', "format 5"),
            (b'{"nbformat": -7, "cells": []}', "unknown format"),
            (b'{"nbformat": ' + b"9" * 5000 + b', "cells": []}', "JSON"),
            (b'{"nbformat": 4}', "no list of cells"),
            (b'{"nbformat": 4, "cells": {}}', "no list of cells"),
            (notebook(), "no code"),
            (notebook(cell("x", part="try")), "no code"),
            (notebook("x = 1"), "cell 1 is not a cell"),
            (notebook({"cell_type": ["code"]}), "cell 1 is not a cell"),
            (notebook({"cell_type": "code", "source": 5}), "not text"),
            (notebook({"cell_type": "code", "source": ["x", 5]}), "not text"),
            (notebook({"cell_type": "code", "source": "x", "metadata": []}), "metadata is damaged"),
            (notebook({"cell_type": "code", "source": "x", "metadata": {"nbgrader": "yes"}}), "metadata is damaged"),
            (notebook({"cell_type": "code", "source": "x", "metadata": {"autograder": 1}}), "metadata is damaged"),
            (notebook({"cell_type": "code", "source": "x", "metadata": {"nbgrader": {"solution": True}}}), "metadata is damaged"),
            (notebook(cell("x", grade_id="a\nb")), "metadata is damaged"),
            (notebook(cell("x = '\0'")), "not text"),
            (notebook(cell("x = '\ud800'")), "not text"),
            (notebook(cell("x = '\u201c\u201d\nimport os")), "cell 1, line 1"),
            (notebook(cell("x = " + "1" * 5000)), "cell 1, line 1"),
            (notebook(cell("def f():\n\tif 1:\n        pass")), "cell 1, line 3"),
        ],
    )  # fmt: skip
    def test_with_a_sentence(self, raw: bytes, says: str) -> None:
        assert says in refused(raw)

    def test_larger_than_8_mib(self) -> None:
        big = notebook(cell("x = 1", outputs=[{"output_type": "stream", "name": "stdout", "text": "a" * 10_000_000}]))
        assert len(big) > MAX_BYTES
        assert "larger than 8 MiB" in refused(big)

    def test_large_but_allowed(self) -> None:
        assert run(module_source(notebook(cell("x = '" + "a" * 1_000_000 + "'"))))["x"][:1] == "a"

    @pytest.mark.parametrize(
        "deep", [b"[" * 200_000, b'{"a":' * 200_000, b'{"nbformat": 4, "cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"]
    )
    def test_deeply_nested_json(self, deep: bytes) -> None:
        assert "nested too deeply" in refused(deep)

    @pytest.mark.parametrize(
        "source",
        ["-" * 200_000 + "1", "a" + ".b" * 200_000, "1" + "+1" * 200_000, "(" * 5000, "[" * 150 + "]" * 150 + "[0]" * 100_000],
    )
    @pytest.mark.parametrize("grade_id", ["", "a"])
    def test_deeply_nested_code(self, source: str, grade_id: str) -> None:
        assert refused(notebook(cell(source, grade_id=grade_id)))

    def test_a_copied_cell_of_the_handout_names_both(self) -> None:
        good, copy = cell("def f(): return 1", name="f", grade_id="f"), cell("def f(): return 2", name="g", grade_id="f")
        sentence = refused(notebook(good, cell("x = 1"), copy))
        assert sentence == "cell 1 (id f) and cell 3 (id g) are copies of one cell, `f`: delete the one that is not your answer"

    def test_a_copied_cell_that_only_tries_is_no_copy(self) -> None:
        copy = cell("def f(): return 2", grade_id="f")
        copy["metadata"]["autograder"] = {"part": "try"}
        assert run(module_source(notebook(cell("def f(): return 1", grade_id="f"), copy)))["f"]() == 1

    def test_nothing_of_the_notebook_is_run(self, tmp_path: Path) -> None:
        canary = tmp_path / "canary"
        code = f"open({str(canary)!r}, 'w')\n@open({str(canary)!r}, 'w').write\ndef f(x=open({str(canary)!r}, 'w')): ..."
        module_source(notebook(cell(code, grade_id="a"), cell(code), cell("%run x", part="try")))
        assert not canary.exists()

    def test_it_works_as_a_file_alone(self, tmp_path: Path) -> None:
        """In the sandbox only this one file is there: no package around it, nothing on the path."""
        path = tmp_path / "notebook_source.py"
        path.write_bytes(Path(notebook_source.__file__).read_bytes())
        code = "import sys, notebook_source as n; print(n.module_source(sys.stdin.buffer.read()))"
        done = subprocess.run(
            [sys.executable, "-S", "-E", "-c", code], cwd=tmp_path, input=notebook(cell("x = 1")), capture_output=True, check=True
        )
        assert b"x = 1" in done.stdout


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
CODE = st.text(alphabet="abx=1()[]{}:;.,'\"\\\n\r\t %!?@#\f\0é", max_size=60) | st.sampled_from(
    [
        "import math",
        "from __future__ import annotations",
        "x = 1; import os",
        "def f():\n return 1",
        "%%time\nx=1",
        "@(\nf\n)\ndef g(): 0",
        "class A: x = 1",
    ]
)
GRADED = JSON | st.fixed_dictionaries({"solution": st.booleans(), "grade_id": st.text(max_size=5) | st.sampled_from("ab")})
METADATA = JSON | st.fixed_dictionaries({}, optional={"nbgrader": GRADED, "autograder": JSON | st.just({"part": "try"})})
CELLS = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "code", "code", "markdown"]), "source": CODE | st.lists(CODE, max_size=3) | JSON},
    optional={"metadata": METADATA, "id": st.text(max_size=9) | JSON, "outputs": JSON},
)


class TestNothingElseIsRaised:
    """Whatever comes: a source that compiles, or a NotebookError."""

    @given(st.binary(max_size=200))
    @example(b"\x00")
    @settings(deadline=None)
    def test_random_bytes(self, raw: bytes) -> None:
        self.holds(raw)

    @given(JSON)
    @settings(deadline=None)
    def test_random_json(self, value: Any) -> None:
        self.holds(json.dumps(value).encode())

    @given(st.lists(CELLS | JSON, max_size=4))
    @example([cell("@(\nf\n)\ndef g(): 0\nprint(\n)")])
    @example([cell("import a; print(1); import b\\\n.c"), cell("x = 1; from __future__ import annotations; y = 2", grade_id="y")])
    @settings(deadline=None, max_examples=400)
    def test_random_cells(self, cells: list[Any]) -> None:
        self.holds(notebook(*cells))

    def holds(self, raw: bytes) -> None:
        try:
            source = module_source(raw)
        except NotebookError as error:
            assert str(error).isprintable()
        else:
            compile(source, "toy", "exec", dont_inherit=True)
