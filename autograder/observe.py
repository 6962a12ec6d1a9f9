"""Observe: stage + limits -> `Run`: inputs, answers, and who is at fault. Inside the wall, through a `Sandbox`.

Must never judge. A guest that dies is replaced for the remaining observations; start-up is never charged to the student.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment, Observation
from autograder.draw import Inputs, derived
from autograder.errors import SandboxUnavailable
from autograder.sandbox.contract import Answer, Guest, Sandbox, Stage
from autograder.sandbox.policy import MIB, Policy
from autograder.stage import staged
from autograder.submission import Submission


@dataclass(frozen=True, slots=True)
class Run:
    """One submission, observed once: everything that judging needs, now or in a year."""

    student: str
    slug: str
    digest: str
    version: str
    """Digest of the assignment as it was."""
    seed: str
    inputs: Mapping[str, Any]
    """Input name -> value, as it was drawn outside."""
    answers: Mapping[str, Answer]
    """Observation name -> what came back."""
    problems: tuple[str, ...] = ()
    """What was odd about the submission."""
    fault: str = ""
    """Why the harness could not observe; the submission stays ungraded then."""
    wall: str = ""
    log: str = field(default="", repr=False)
    """What the student's code printed; display only."""


def policy_of(assignment: Assignment) -> Policy:
    """The wall's bounds for this assignment."""
    limits = assignment.spec.limits
    return Policy(
        memory=limits.memory_mb * MIB, scratch=limits.scratch_mb * MIB, answer=limits.answer_mb * MIB,
        observation_seconds=limits.observation_seconds, submission_seconds=limits.submission_seconds,
    )  # fmt: skip


def observe(
    submission: Submission, assignment: Assignment, sandbox: Sandbox, seed: str, names: Iterable[str], *,
    scratch: Path | None = None, wall: str = "",
) -> Run:  # fmt: skip
    """Ask every named observation (and draw every named input) once."""
    return observe_seeds(submission, assignment, sandbox, [seed], names, scratch=scratch, wall=wall)[0]


def observe_seeds(
    submission: Submission, assignment: Assignment, sandbox: Sandbox, seeds: Sequence[str], names: Iterable[str], *,
    scratch: Path | None = None, wall: str = "",
) -> list[Run]:  # fmt: skip
    """One run for each seed, all behind one wall: what `verify` measures false fails with."""
    wanted = list(dict.fromkeys(names))
    runs = []
    with staged(submission, assignment, scratch) as stage, _Session(sandbox, stage, policy_of(assignment)) as session:
        for seed in seeds:
            session.begin()
            inputs, answers = _round(session, submission, assignment, seed, wanted)
            runs.append(
                Run(submission.student, assignment.slug, submission.digest, assignment.version, seed, inputs, answers,
                    submission.problems, "", wall, session.log)
            )  # fmt: skip
    return runs


def _round(
    session: _Session, submission: Submission, assignment: Assignment, seed: str, wanted: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Answer]]:
    """Inputs and answers of one seed. In the order of `names`: see `grade.needed`."""
    inputs = Inputs(assignment, seed)
    for name in wanted:
        if name not in assignment.observations:
            inputs[name]
    asked = [assignment.observations[name] for name in wanted if name in assignment.observations]
    answers = {each.name: _ask(session, each, submission, assignment, inputs, seed) for each in asked}
    return dict(inputs.drawn), answers


def _ask(
    session: _Session, observation: Observation, submission: Submission, assignment: Assignment, inputs: Inputs, seed: str
) -> Answer:
    missing = _missing(observation, submission, assignment)
    if missing:
        return Answer(fault="missing", text=missing)
    given = {name: inputs[name] for name in observation.inputs}
    return session.ask(observation, given, derived(seed, f"guest/{observation.name}"))


def _missing(observation: Observation, submission: Submission, assignment: Assignment) -> str:
    """Which file this observation cannot do without, in words."""
    module = assignment.spec.module
    if "student" in observation.parameters and not {f"{module}.py", f"{module}.ipynb"} & set(submission.files):
        return f"{module}.py was not handed in"
    if "weights" in observation.parameters and assignment.spec.weights not in submission.files:
        return f"{assignment.spec.weights} was not handed in: train the model and save its weights there"
    return ""


class _Session:
    """Guests for one submission: started when first needed, replaced when dead, ended at the end."""

    def __init__(self, sandbox: Sandbox, stage: Stage, policy: Policy) -> None:
        self._sandbox, self._stage, self._policy = sandbox, stage, policy
        self._guest: Guest | None = None
        self._spent = 0.0
        self._log = ""

    def __enter__(self) -> _Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    @property
    def log(self) -> str:
        """What the guests of this session printed so far."""
        return self._log + (self._guest.log if self._guest is not None else "")

    def begin(self) -> None:
        """A new seed: the submission's time starts anew."""
        self._spent = 0.0

    def ask(self, observation: Observation, inputs: Mapping[str, Any], seed: int) -> Answer:
        """One observation, within its own limit and what is left of the submission's."""
        seconds = min(self._policy.observation_seconds, self._policy.submission_seconds - self._spent)
        if seconds <= 0:
            text = f"the submission's {self._policy.submission_seconds:g} seconds were used up by earlier observations"
            return Answer(fault="time", text=text)
        wants = [name for name in observation.parameters if name not in observation.inputs]
        answer = self._running().ask(observation.name, wants, inputs, seed, seconds)
        self._spent += answer.seconds
        return answer

    def _running(self) -> Guest:
        if self._guest is not None and not self._guest.alive:
            self._drop()
        if self._guest is None:
            try:
                self._guest = self._sandbox.start(self._stage, self._policy)
            except SandboxUnavailable:  # ours: once more, then it is the caller's to report
                self._guest = self._sandbox.start(self._stage, self._policy)
        return self._guest

    def _drop(self) -> None:
        if self._guest is not None:
            self._guest.end()
            self._log += self._guest.log
            self._guest = None
