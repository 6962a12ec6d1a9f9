"""Progress for a person, on stderr: a bar or a spinner on a terminal, plain lines elsewhere, nothing where it must be quiet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


@contextmanager
def bar(title: str, *, quiet: bool) -> Iterator[tuple[Callable[[int], None], Callable[[str], None]]]:
    """A progress bar on stderr: (set the total, advance with a note)."""
    with account(title, quiet=quiet) as kept:
        yield kept.more, kept.done


def _columns() -> tuple[ProgressColumn, ...]:
    """What a progress bar shows."""
    return (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )  # fmt: skip


class Account:
    """Progress of which the total grows: work that is found while it is done."""

    def __init__(self, progress: Progress, title: str, *, lines: bool) -> None:
        self._progress, self._title, self._lines, self._stream = progress, title, lines, progress.console.file
        self._task = progress.add_task(title, total=0, note="")

    def more(self, count: int) -> None:
        """So many more things are to be done."""
        self._progress.update(self._task, total=(self._progress.tasks[0].total or 0) + count)

    def done(self, text: str, count: int = 1) -> None:
        """So many are."""
        self._progress.update(self._task, advance=count, note=plain(text))
        if self._lines:
            task = self._progress.tasks[0]
            left = _minutes(task.elapsed, task.completed, task.total)
            print(f"{self._title}: {task.completed:.0f} of {task.total:.0f}{left}: {text}", file=self._stream, flush=True)


def _minutes(elapsed: float | None, completed: float, total: float | None) -> str:
    """`, about 4 min left`, once there is something to judge by."""
    if not elapsed or not total or completed < 3:
        return ""
    seconds = elapsed * (total - completed) / completed
    return f", about {seconds / 60:.0f} min left" if seconds >= 90 else f", about {seconds:.0f} s left"


@contextmanager
def account(title: str, *, quiet: bool) -> Iterator[Account]:
    """Progress on stderr; while the judge runs in another thread, `sys.stderr` is not where it was."""
    talk = Console(file=sys.stderr)
    with Progress(*_columns(), console=talk, disable=quiet or not talk.is_terminal) as progress:
        yield Account(progress, title, lines=not quiet and not talk.is_terminal)


@contextmanager
def busy(title: str, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """A spinner on a terminal, plain lines elsewhere."""
    talk = Console(stderr=True)
    if quiet or not talk.is_terminal:
        yield (lambda text: None) if quiet else (lambda text: print(f"{title}: {text}", file=sys.stderr, flush=True))
        return
    with talk.status(f"{title} ...") as status:
        yield lambda text: status.update(f"{title}: {plain(text)}")


def plain(text: str) -> str:
    """Text of anyone, without control characters or markup of ours."""
    from rich.markup import escape

    from autograder.reports.clean import clean

    return escape(clean(text))
