"""Judge: inputs + observations -> one `CheckResult` per rubric line. Outside, by pytest, with our plugin.

One pytest session judges any number of runs. Must never import student code, unpickle anything, or turn a fault of a check into a
student's zero: a check that raises anything but a failed comparison makes the run ungraded.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.errors import AutograderError
from autograder.observe import Run
from autograder.outcome import CheckResult, Status
from autograder.plugin import JudgePlugin, Verdict
from autograder.rubric import Rubric

OPTIONS = (
    "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:doctest", "-p", "no:faulthandler", "--import-mode=importlib",
    "-o", "python_files=checks_*.py", "-o", "python_functions=check_*", "-o", "addopts=", "-W", "default",
    "--capture=no", "--strict-markers",
)  # fmt: skip


class JudgeError(AutograderError):
    """The judge itself could not run: ours."""


def judge(
    runs: Sequence[Run], assignment: Assignment, rubric: Rubric, thresholds: Mapping[str, float | None],
    *, only: Mapping[str, Sequence[int]] | None = None, extra: Sequence[str] = (),
) -> list[Verdict]:  # fmt: skip
    """One verdict per run, in order. `only`: check id -> indices of its runs. `extra`: pytest arguments such as `-k`."""
    verdicts = [Verdict() for _ in runs]
    if not runs:
        return verdicts
    plugin = JudgePlugin(runs, assignment, rubric, thresholds, verdicts, only)
    # pytest sees the check files in a folder of the course: no configuration and no conftest of anyone else applies.
    arguments = [*(str(path) for path in rubric.files), *OPTIONS, "-c", os.devnull, "--rootdir", str(assignment.folder),
                 "--confcutdir", str(assignment.folder), *extra]  # fmt: skip
    with _alone() as said:
        status = pytest.main(arguments, plugins=[plugin, plugin.values])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise JudgeError(f"pytest ended with {pytest.ExitCode(status).name}: {plugin.trouble or said.getvalue()[-500:].strip()}")
    return verdicts


@contextlib.contextmanager
def _alone() -> Iterator[io.StringIO]:
    """Pytest without the caller's settings, output, or traces in the modules and folders of others."""
    said = io.StringIO()
    saved = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST")}
    autoload = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    before, bytecode = set(sys.modules), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            yield said
    finally:
        sys.dont_write_bytecode = bytecode
        for name in set(sys.modules) - before:
            if "checks_" in name:  # the next session may judge with other check files
                del sys.modules[name]
        _restore({**saved, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": autoload})


def _restore(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def error_for_all(rubric: Rubric, message: str) -> dict[str, CheckResult]:
    """Every line as an error of the student's, for a submission that nothing can be observed of."""
    return {line.id: CheckResult(line, Status.ERROR, message) for line in rubric.lines}
