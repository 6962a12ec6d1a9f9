"""A check: a decorated function that judges inputs and observations, and is one line of the rubric.

Takes nothing but its parameters; gives back nothing; fails by raising `CheckFailed` (the helpers of `autograder.compare` do).
Must never read a file, import student code or draw randomness of its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeVar

LEVELS = ("shape", "value", "gradient", "distribution", "wiring", "training", "quality")
"""The order in which checks are shown and run: cheap causes before expensive symptoms."""

VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")

Function = TypeVar("Function", bound=Callable[..., None])


class CheckFailed(AssertionError):
    """What came is wrong. `cause`: the likely mistake, if one fits.

    `value`: the statistic of a statistical check; `share`: what of the points it earns all the same.
    """

    def __init__(
        self, message: str, *, cause: str = "", value: float | None = None, share: Fraction = Fraction(0)
    ) -> None:  # fmt: skip
        super().__init__(f"{message}: {cause}" if cause else message)
        self.cause = cause
        self.value = value
        self.share = share


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the rubric."""

    id: str
    """The check function's name."""
    title: str
    """First line of the check's docstring: what the student reads."""
    task: str
    """Id of the task in assignment.yaml that this line belongs to."""
    points: int
    level: str
    """One of `LEVELS`."""
    hint: str
    """What to try when the check fails. Shown for hidden checks too."""
    visibility: str
    """One of `VISIBILITIES`."""
    reads: tuple[str, ...]
    """Parameter names: the inputs and observations that the check judges."""
    tolerates: Mapping[str, str] = field(default_factory=dict)
    """Corruptions that a right answer may look like, each with the reason."""

    @property
    def statistical(self) -> bool:
        """Whether the check is judged against a measured threshold."""
        return "limit" in self.reads


def check(
    *,
    points: int,
    task: str,
    hint: str,
    level: str = "value",
    visibility: str = "",
    tolerates: Mapping[str, str] | None = None,
) -> Callable[[Function], Function]:
    """Make a function a line of the rubric. Visibility comes from the file unless it is given."""
    if isinstance(points, bool) or not isinstance(points, int) or points < 0:
        raise ValueError(f"@check(points=...): expected an integer >= 0, got {points!r}")
    if level not in LEVELS:
        raise ValueError(f"@check(level=...): expected one of {', '.join(LEVELS)}, got {level!r}")
    if visibility and visibility not in VISIBILITIES:
        raise ValueError(f"@check(visibility=...): expected one of {', '.join(VISIBILITIES)}, got {visibility!r}")

    def mark(function: Function) -> Function:
        name = getattr(function, "__name__", "")
        title = (inspect.getdoc(function) or "").partition("\n")[0].strip()
        if not title:
            raise ValueError(f"{name}: a check needs a docstring; its first line is what the student reads")
        declared: dict[str, Any] = {
            "id": name, "title": title, "task": task, "points": points, "level": level, "hint": hint.strip(),
            "visibility": visibility, "reads": tuple(inspect.signature(function).parameters),
            "tolerates": dict(tolerates or {}),
        }  # fmt: skip
        function.__check__ = declared  # type: ignore[attr-defined]
        return function

    return mark


def line_of(function: Callable[..., None], default_visibility: str) -> Line | None:
    """The rubric line of a decorated function, None for any other object."""
    declared = getattr(function, "__check__", None)
    if declared is None:
        return None
    return Line(**{**declared, "visibility": declared["visibility"] or default_visibility})
