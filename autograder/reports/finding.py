"""A failed check's message in its parts: what was called, expected, got, and the likely cause.

The helpers of `autograder.compare` say `call: expected ..., got ...: cause`. A message of another form stays one text:
taking it apart is for the reader's eye and must never lose a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from autograder.outcome import CheckResult, Status

_FORM = re.compile(r"(?P<call>[^\n]+?): expected (?P<expected>[^\n]+?), got (?P<got>[^\n]+?)(?:: (?P<cause>[^\n]+))?")


@dataclass(frozen=True, slots=True)
class Finding:
    """Either the four parts or the whole text."""

    call: str = ""
    expected: str = ""
    got: str = ""
    cause: str = ""
    """Empty when no mistake fits."""
    text: str = ""
    """The message as it came, when it has another form."""


def finding(result: CheckResult) -> Finding | None:
    """The message of a check that does not hold; None when there is nothing to read."""
    if result.status is Status.PASSED or not result.message:
        return None
    form = _FORM.fullmatch(result.message.strip()) if result.status is Status.FAILED else None
    return Finding(**form.groupdict(default="")) if form else Finding(text=result.message)
