"""What a wall may lack and still be one. Grades of record are refused behind it unless the instructor accepts that by its name.

Anything else that does not hold is not degraded but missing, and nobody can accept it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from autograder.errors import SandboxUnavailable
from autograder.sandbox.contract import Proof

Weakness = Literal["W6", "W10"]
OWN_UID = "W6: student code runs under your own uid"
UNSUMMED = "W10: memory is bounded per process, not in sum"

MENDS = {
    "W6": "grade as root, which gives every guest a uid of its own",
    "W10": "grade where a control group for memory can be made: as root, or below a delegated cgroup v2 folder",
}


def name_of(weakness: str) -> str:
    """`W10` of `W10: memory is bounded ...`."""
    return weakness.partition(":")[0]


def demand(proof: Proof, accepted: Collection[str]) -> None:
    """SandboxUnavailable unless everything that is degraded was accepted by its name."""
    refused = [each for each in proof.degraded if name_of(each) not in accepted]
    if proof.holds and refused:
        names = [name_of(each) for each in refused]
        mends = "; ".join(MENDS[name] for name in names)
        options = " ".join(f"--accept-degraded {name}" for name in names)
        raise SandboxUnavailable(
            f"{proof.backend}: weaker here than grades of record need: {'; '.join(refused)}",
            hint=f"{mends}. To grade all the same, and have every result say so: {options}, or `accept_degraded` in course.yaml",
        )


def at_once(proof: Proof, cores: int) -> int:
    """How many guests run at the same time unless the instructor says otherwise: one where their memory has no common bound."""
    return 1 if UNSUMMED in proof.degraded else cores
