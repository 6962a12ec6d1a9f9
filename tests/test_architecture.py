"""The shape of the package: imports run one way, the guest stands alone, nothing towards the judge is a pickle."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT

PACKAGE = ROOT / "autograder"
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if "templates" not in str(path)]
INSIDE = ("guest", "probe", "launcher", "wire", "notebook_source", "warm_keeper", "warm_server", "warm_wall", "warm_calls")
STAGES = ["submission", "stage", "observe", "plugin", "judge", "score", "record"]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, *, top_level: bool = False) -> set[str]:
    tree = ast.parse(path.read_text())
    nodes = ast.iter_child_nodes(tree) if top_level else ast.walk(tree)
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


GRAPH = {
    module_name(path): imported(
        path,
    )
    & {module_name(other) for other in FILES}
    for path in FILES
}


def reachable(start: str) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for name in GRAPH[todo.pop()] - seen:
            seen.add(name)
            todo.append(name)
    return seen


def test_there_is_no_import_circle():
    assert [name for name in GRAPH if name in reachable(name) and name.count(".")] == []


def test_imports_between_the_stages_run_one_way():
    for early, stage in enumerate(STAGES):
        later = {f"autograder.{name}" for name in STAGES[early + 1 :]}
        assert not reachable(f"autograder.{stage}") & later, stage


@pytest.mark.parametrize("name", INSIDE)
def test_what_runs_inside_stands_alone(name):
    allowed = set(sys.stdlib_module_names) | ({"numpy", "torch", "safetensors", "wire"} if name in ("guest", "wire") else set())
    allowed |= {"warm_wall", "warm_calls"} if name.startswith("warm_") else set()
    roots = {found.split(".")[0] for found in imported(PACKAGE / "sandbox" / f"{name}.py")}
    assert roots - allowed == set()


def test_only_main_imports_the_command_line():
    users = [module_name(path) for path in FILES if any(name.startswith("autograder.cli") for name in imported(path))]
    assert users == ["autograder.__main__"]


def test_reports_know_nothing_of_the_wall_or_the_grading():
    for path in (PACKAGE / "reports").glob("*.py"):
        assert not {
            name for name in imported(path) if name.startswith(("autograder.sandbox", "autograder.grade", "autograder.record"))
        }


FORBIDDEN = {
    "pickle",
    "cloudpickle",
    "dill",
    "shelve",
    "joblib",
    "loky",
    "marshal",
    "multiprocessing",
    "rpyc",
    "torch.multiprocessing",
}


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_nothing_towards_the_judge_is_a_pickle(path):
    assert not {name for name in imported(path) if name in FORBIDDEN or name.split(".")[0] in FORBIDDEN}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            assert (node.func.value.id, node.func.attr) != ("torch", "load"), path
            if (node.func.value.id, node.func.attr) == ("np", "load"):
                assert not [keyword for keyword in node.keywords if keyword.arg == "allow_pickle"]


def test_checks_and_inputs_never_import_student_code():
    for path in ROOT.glob("assignments/*/*.py"):
        slug = path.parent.name
        if path.name != "train.py":
            assert slug not in {name.split(".")[0] for name in imported(path)}, path


def test_files_and_functions_stay_small():
    for path in FILES:
        text = path.read_text()
        assert len(text.splitlines()) <= 400, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert node.end_lineno - node.lineno <= 60, f"{path}:{node.name}"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=600)


@pytest.mark.parametrize("command", [("ruff", "check", "."), ("ruff", "format", "--check", "autograder", "tests"), ("mypy",)])
def test_lint_format_and_types(command):
    done = run(*command)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-500:]


def test_the_package_speaks_of_no_host_and_no_machine():
    words = ("index-url", "files.pythonhosted", "/" + "root/", "/" + "work/")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split("\n")
    for name in filter(None, listed):
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".yaml", ".txt", ".ipynb", ".json", ".j2", "") and path.is_file():
            text = path.read_text(errors="replace")
            if path.name != "test_architecture.py":
                assert not [word for word in words if word in text], name


def test_pins_name_every_dependency_once_and_no_address():
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert all("==" in line and "://" not in line and "@" not in line for line in pins)
    assert {"torch==2.14.1", "torchvision==0.29.2"} <= set(pins)
