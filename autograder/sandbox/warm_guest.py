"""A guest of the warm server: a `LocalGuest` that outlives the server's death, which is ours and never charged to a student."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograder.sandbox.contract import Answer
from autograder.sandbox.process import LocalGuest
from autograder.sandbox.warm_process import Server, ServerLost


class WarmGuest:
    """A guest that is replaced when the server's death, not the student's code, ended it in the middle of an observation."""

    def __init__(self, up: Callable[[], tuple[LocalGuest, Server]]) -> None:
        self._up, self._before = up, ""
        self._guest, self._server = up()

    @property
    def alive(self) -> bool:
        """Whether it can be asked again."""
        return self._guest.alive

    @property
    def log(self) -> str:
        """The start of what it printed on stdout and stderr."""
        return self._before + self._guest.log

    def ask(self, observe: str, wants: Sequence[str], inputs: Mapping[str, Any], seed: int, seconds: float) -> Answer:
        """One observation, asked once more when the server died in it.

        ServerLost when that happened twice: an answer would charge the student, so there is none and the submission is ungraded.
        """
        for again in (True, False):
            answer = self._guest.ask(observe, wants, inputs, seed, seconds)
            if answer.fault != "crash" or not self._server.lost:
                return answer
            if again:
                self._before += self._guest.log
                self._guest, self._server = self._up()
        raise ServerLost(
            f"the warm server was ended twice during the observation `{observe}`, so this submission has no score",
            hint="grade it again, or with `--sandbox bubblewrap`; something on this machine ends processes",
        )

    def end(self) -> None:
        """Kill every process inside and wait until they are gone."""
        self._guest.end()
