"""The whole course: many proofs at once, in one yard. Reports come back in teaching order."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from autograder.grade import Prepared
from autograder.sandbox.contract import Sandbox
from autograder.verify.prove import SEEDS, prove
from autograder.verify.report import Report
from autograder.verify.yard import Progress, yard


def prove_all(
    prepared: Sequence[Prepared], sandbox: Sandbox, *, seeds: int = SEEDS, jobs: int = 1, progress: Progress | None = None
) -> list[Report]:
    """One report for each assignment. `jobs` guests run at a time, whichever assignments they belong to."""
    with yard(sandbox, jobs, progress) as shared, ThreadPoolExecutor(max_workers=max(1, len(prepared))) as provers:
        return list(provers.map(lambda each: prove(each, shared, count=seeds), prepared))
