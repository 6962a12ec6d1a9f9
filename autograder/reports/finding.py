"""A failed check's message in its parts: what was called, expected, got, and the likely cause.

The helpers of `autograder.compare` say `call: expected ..., got ...: cause`. A message of another form stays one text:
taking it apart is for the reader's eye and must never lose a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from autograder.outcome import CheckResult, Status
from autograder.reports.clean import clean

_FORM = re.compile(r"(?P<call>.+?): expected (?P<expected>.+?), got (?P<got>.+?)(?:: (?P<cause>.+))?")


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
    message = clean(result.message).strip()  # capped first: a message of a megabyte could keep the pattern busy for minutes
    form = _FORM.fullmatch(message) if result.status is Status.FAILED and "\n" not in message else None
    return Finding(**form.groupdict(default="")) if form else Finding(text=message)
