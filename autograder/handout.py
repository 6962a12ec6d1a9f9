"""Handout: an assignment, its rubric and the reference's pictures -> the folder that students get."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autograder.errors import AssignmentError
from autograder.gallery import draw_gallery, picture_functions
from autograder.grade import Prepared
from autograder.observe import observe
from autograder.release import ReleaseInput, release
from autograder.sandbox.contract import Sandbox
from autograder.verify import wrong

PICTURE_SEED = "5e" * 32
"""Pictures of the reference are made with one fixed seed."""


def make_handout(
    prepared: Prepared, out: Path, *, sandbox: Sandbox | None = None, pictures_from: Path | None = None
) -> list[Path]:
    """Write the handout. The reference's pictures are observed anew behind `sandbox`, or taken from `pictures_from`."""
    assignment, spec = prepared.assignment, prepared.assignment.spec
    pictures = reference_pictures(prepared, sandbox) if sandbox is not None else _stored(pictures_from)
    return release(
        ReleaseInput(
            slug=assignment.slug, title=spec.title, module=spec.module, tasks=spec.tasks, assignment_folder=assignment.folder,
            reference_file=wrong.twin(assignment) / f"{spec.module}.py", lines=prepared.rubric.lines, weights=spec.weights,
            pictures=pictures,
        ),
        out,
    )  # fmt: skip


def reference_pictures(prepared: Prepared, sandbox: Sandbox) -> dict[str, bytes]:
    """Picture name -> PNG of what the reference makes. AssignmentError when one cannot be drawn."""
    run = observe(wrong.reference(prepared.assignment), prepared.assignment, sandbox, PICTURE_SEED, prepared.names)
    drawn = {gallery.name: gallery.png for gallery in draw_gallery(run, prepared.assignment)}
    for name in picture_functions(prepared.assignment):
        if name not in drawn:
            faults = "; ".join(f"{n}: {a.text}" for n, a in run.answers.items() if a.fault)
            raise AssignmentError(f"{prepared.assignment.folder / 'pictures.py'}: {name}: not drawn for the reference: {faults}")
    return drawn


def _stored(folder: Path | None) -> Mapping[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.png"))} if folder is not None else {}
