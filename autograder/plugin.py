"""The pytest plugin: inputs and observations as fixtures, one parameter set per run, one result per check.

A fixture that stands for an observation raises `ObservationFault` when there is no value; pytest then never enters the check, and
the line is an error of the student's code. A value of a type that the driver did not promise fails the check in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import pytest
from torch import Tensor

from autograder import compare
from autograder.assignment import Assignment
from autograder.checks import CheckFailed
from autograder.observe import Run
from autograder.outcome import CheckResult, Status
from autograder.returns import mismatch
from autograder.rubric import Rubric
from autograder.sandbox.contract import Answer


@dataclass(slots=True)
class Verdict:
    """What the judge says about one run."""

    results: dict[str, CheckResult] = field(default_factory=dict)
    """Check id -> result."""
    fault: str = ""
    """Why this run cannot be judged; it stays ungraded then."""
    reads: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    """Check id -> leaves of observations that the check really looked at; what `verify` corrupts."""
    measured: dict[str, compare.Measured] = field(default_factory=dict)
    """Check id -> the statistic that a statistical check asked about, and its direction."""


class ObservationFault(Exception):
    """The student's code gave no value for this observation; the text is the student's line."""


class Tracked(dict[str, Any]):
    """A dict that came from inside: a key that is not there is a failed check, and what is looked at is remembered."""

    def __init__(self, values: Mapping[str, Any], path: tuple[str, ...], seen: set[tuple[str, ...]]) -> None:
        super().__init__(values)
        self._path, self._seen = path, seen

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise CheckFailed(f"{self._path[0]}: expected an entry `{key}`, got {', '.join(self) or 'no entries'}")
        value = super().__getitem__(key)
        if not isinstance(value, Tracked):
            self._seen.add((*self._path, key))
        return value

    def items(self) -> Any:
        """All entries, as having been looked at."""
        return [(key, self[key]) for key in self]

    def values(self) -> Any:
        """All values, as having been looked at."""
        return [self[key] for key in self]


class Bounded(list[Any]):
    """A list or tuple that came from inside: an index out of range is a failed check."""

    def __init__(self, values: Sequence[Any], path: tuple[str, ...]) -> None:
        super().__init__(values)
        self._path = path

    def __getitem__(self, index: Any) -> Any:
        try:
            return super().__getitem__(index)
        except IndexError:
            raise CheckFailed(f"{self._path[0]}: expected more than {index} entries, got {len(self)}") from None


class JudgePlugin:
    """One session over many runs."""

    def __init__(
        self, runs: Sequence[Run], assignment: Assignment, rubric: Rubric, thresholds: Mapping[str, float | None],
        verdicts: Sequence[Verdict], only: Mapping[str, Sequence[int]] | None = None,
    ) -> None:  # fmt: skip
        self._only = only
        self._runs, self._assignment, self._thresholds, self._verdicts = runs, assignment, thresholds, verdicts
        self._lines = {line.id: line for line in rubric.lines}
        self._seen: set[tuple[str, ...]] = set()
        self.trouble = ""
        names = {name for line in rubric.lines for name in line.reads} - {"limit"}
        # pytest looks for fixtures on the class of a plugin, so each session has a class of its own.
        self.values = type("Values", (), {f"value_{name}": self._fixture(name) for name in names})()

    @pytest.fixture
    def judged_run(self, request: pytest.FixtureRequest) -> Run:
        """The run under judgement."""
        run: Run = self._runs[request.param]
        return run

    @pytest.fixture
    def limit(self, request: pytest.FixtureRequest) -> float | None:
        """The measured threshold of the requesting check; None while calibrating."""
        return self._thresholds[request.node.originalname]

    @pytest.hookimpl
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Every check once per run, or for the runs that are named for it."""
        everyone = range(len(self._runs))
        runs = everyone if self._only is None else self._only.get(metafunc.function.__name__, ())
        metafunc.parametrize("judged_run", runs, indirect=True)

    @pytest.hookimpl
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Drop checks that are asked about no run: pytest makes a skipped item of each."""
        items[:] = [item for item in items if isinstance(item, pytest.Function) and isinstance(_run_of(item), int)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Turn pytest's outcome into ours."""
        report = yield
        if call.when in ("setup", "call") and isinstance(item, pytest.Function):
            self._record(item, call)
        return report

    @pytest.hookimpl
    def pytest_runtest_setup(self) -> None:
        """Forget what the check before looked at and measured."""
        self._seen.clear()
        compare.measured.clear()

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the reason when a check file cannot be imported."""
        if report.failed:
            self.trouble = str(report.longrepr)[-500:]

    def _fixture(self, name: str) -> Any:
        def value(_: Any, judged_run: Run) -> Any:
            if name in judged_run.answers:
                return self._observation(judged_run.answers[name], name)
            if name in judged_run.inputs:
                return copied(judged_run.inputs[name])
            raise LookupError(f"`{name}` is neither an input nor an observation of this run")

        return pytest.fixture(name=name)(value)

    def _observation(self, answer: Answer, name: str) -> Any:
        if answer.fault:
            raise ObservationFault(sentence(answer, self._assignment))
        problem = mismatch(answer.value, self._assignment.observations[name].returns)
        if problem:
            raise CheckFailed(f"{name}: {problem}")
        return self._wrapped(answer.value, (name,))

    def _wrapped(self, value: Any, path: tuple[str, ...]) -> Any:
        """A copy whose access cannot raise anything but a failed check."""
        if isinstance(value, dict):
            return Tracked({key: self._wrapped(item, (*path, key)) for key, item in value.items()}, path, self._seen)
        if isinstance(value, (list, tuple)):
            self._seen.add(path)
            return Bounded([copied(item) for item in value], path)
        if len(path) == 1:
            self._seen.add(path)
        return value.clone() if isinstance(value, Tensor) else value

    def _record(self, item: pytest.Function, call: pytest.CallInfo[None]) -> None:
        check, index = item.originalname, int(str(_run_of(item)))
        verdict, line = self._verdicts[index], self._lines[check]
        verdict.reads.setdefault(check, set()).update(self._seen)
        error = call.excinfo.value if call.excinfo is not None else None
        if error is None and call.when == "setup":
            return
        status, message = self._outcome(error)
        if status is None:
            verdict.fault = verdict.fault or f"{check} raised {message}: a fault of the check, not of the submission"
            status = Status.ERROR
        seconds = call.duration + sum(a.seconds for n, a in self._runs[index].answers.items() if n in line.reads)
        found = compare.measured[-1] if compare.measured else None
        share = error.share if isinstance(error, CheckFailed) else Fraction(0)
        result = CheckResult(line, status, message, seconds, found.value if found else None, share)
        former = verdict.results.get(check)
        if former is None or _worse(result, former):  # a parametrized check is worth what its worst case is
            verdict.results[check] = replace(result, message=_with_points(result))
            if found is not None:
                verdict.measured[check] = found

    def _outcome(self, error: BaseException | None) -> tuple[Status | None, str]:
        if error is None:
            return Status.PASSED, ""
        if isinstance(error, ObservationFault):
            return Status.ERROR, str(error)
        if isinstance(error, AssertionError):
            return Status.FAILED, str(error)
        if isinstance(error, pytest.skip.Exception):
            return Status.SKIPPED, str(error)
        return None, f"{type(error).__name__}: {error}"


def _run_of(item: pytest.Function) -> object:
    return item.callspec.params["judged_run"]


def _worse(result: CheckResult, former: CheckResult) -> bool:
    """Whether this case of a check decides: it does not pass, and no case before it earned less."""
    return former.status is Status.PASSED or (result.status is not Status.PASSED and result.points < former.points)


def _with_points(result: CheckResult) -> str:
    """The message, with what the answer earned all the same."""
    return (
        f"{result.message} ({result.points} of {result.line.points} points)"
        if result.points and result.message
        else result.message
    )


def copied(value: Any) -> Any:
    """The value with tensors of its own, so that no check can change what the next one sees."""
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(copied(item) for item in value)
    return value


def sentence(answer: Answer, assignment: Assignment) -> str:
    """The student's line for an observation that gave no value."""
    limits = assignment.spec.limits
    return {
        "time": f"your code did not finish: {answer.text}: is there a loop that never ends?",
        "memory": f"your code ran out of memory (the limit is {limits.memory_mb} MiB): is a tensor far too large?",
        "crash": f"your code ended the process: {answer.text}",
        "todo": f"not done yet: {answer.text.removeprefix('NotImplementedError: ')}",
        "raised": f"your code raised {answer.text}",
        "answer": f"your code {answer.text}",
        "missing": answer.text,
    }[answer.fault]
