"""Yard: what the proofs of a whole course share: one wall, one pool of workers, one judge at a time, one account of progress."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol, TypeVar

from autograder.errors import SandboxUnavailable
from autograder.grade import Prepared
from autograder.judge import judge
from autograder.observe import Run
from autograder.plugin import Verdict
from autograder.sandbox.contract import Sandbox

Asked = TypeVar("Asked")
Found = TypeVar("Found")


class Progress(Protocol):
    """Who is told how far it is."""

    def more(self, count: int) -> None:
        """So many more submissions, seeds and batches are to be done."""

    def done(self, text: str, count: int = 1) -> None:
        """So many are."""


class Quiet:
    """Tells nobody."""

    def more(self, count: int) -> None:
        """Nothing."""

    def done(self, text: str, count: int = 1) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Yard:
    """Shared by the threads that prove one assignment each."""

    sandbox: Sandbox
    pool: ThreadPoolExecutor
    jobs: int
    progress: Progress = field(default_factory=Quiet)
    judging: threading.Lock = field(default_factory=threading.Lock)
    """pytest runs inside this process and changes what is global in it."""

    def ahead(self, ask: Callable[[Asked], Found], asked: Iterable[Asked]) -> Iterator[Found]:
        """Answers in order, some of them made in advance: never so many that their observations fill the memory."""
        rest = iter(asked)
        waiting: list[Future[Found]] = [self.pool.submit(ask, each) for each in islice(rest, 2 * self.jobs)]
        try:
            while waiting:
                found = waiting.pop(0).result()
                waiting += [self.pool.submit(ask, each) for each in islice(rest, 1)]
                yield found
        finally:
            for future in waiting:
                future.cancel()


@dataclass(slots=True)
class Clock:
    """Seconds of work on one assignment, wherever in the pool they were spent."""

    seconds: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Adds what the block takes."""
        started = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self.seconds += time.monotonic() - started


@contextmanager
def yard(sandbox: Sandbox, jobs: int, progress: Progress | None = None) -> Iterator[Yard]:
    """The yard, once the wall is proven. SandboxUnavailable otherwise."""
    proof = sandbox.prove()
    if not proof.holds:
        raise SandboxUnavailable(f"the wall is not proven: {proof}", hint=proof.hint)
    pool = ThreadPoolExecutor(max_workers=jobs)
    try:
        yield Yard(sandbox, pool, jobs, progress or Quiet())
    finally:
        pool.shutdown(cancel_futures=True)


def judged(
    runs: Sequence[Run], prepared: Prepared, yard: Yard, clock: Clock, only: Mapping[str, Sequence[int]] | None = None
) -> list[Verdict]:
    """Verdicts in order; one assignment at a time."""
    with yard.judging, clock.counting():
        return judge(runs, prepared.assignment, prepared.rubric, prepared.thresholds, only=only)
