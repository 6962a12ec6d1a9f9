"""Walls by the names that the command line knows. Must never give a weaker one than was asked for."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from autograder.errors import CourseError

if TYPE_CHECKING:
    from autograder.sandbox.contract import Sandbox


class Backend(str, Enum):
    """Walls by name."""

    bubblewrap = "bubblewrap"
    warm = "warm"
    docker = "docker"
    podman = "podman"
    none = "none"


def wall_of(backend: Backend, gpu: int | None = None) -> Sandbox:
    """The wall, not started; CourseError for one that cannot grade."""
    from autograder.sandbox.bubblewrap import Bubblewrap

    if gpu is not None and backend not in (Backend.docker, Backend.podman):
        raise CourseError(
            f"--gpu {gpu}: only docker and podman guests get a GPU, not {backend.value}", hint="add --sandbox docker"
        )

    if backend is Backend.none:
        raise CourseError(
            "--sandbox none: there is no wall then, so hidden checks and the submissions of others are refused",
            hint="grade with --sandbox bubblewrap; for your own work use `autograder check`",
        )
    if backend in (Backend.docker, Backend.podman):
        from autograder.sandbox.containers import Docker, Podman

        return Docker(gpu=gpu) if backend is Backend.docker else Podman(gpu=gpu)
    if backend is Backend.warm:
        from autograder.sandbox.warm import Warm

        warm = Warm(cold=Bubblewrap())
        return warm if warm.prove().holds else Bubblewrap()
    return Bubblewrap()
