"""Scaffold: a slug -> a small working assignment and its twin, which `verify` accepts as they stand; for `autograder new`.

Writes two new folders from the templates beside this file, or nothing. Must never touch a folder that exists, or the term.
"""

from __future__ import annotations

import keyword
import re
import shutil
import sys
from pathlib import Path

from autograder.errors import CourseError

TEMPLATES = Path(__file__).with_name("templates_assignment")
SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")
TAKEN = frozenset({
    "autograder", "checks_hidden", "checks_visible", "data", "driver", "guest", "handout", "inputs", "library", "notebook_source",
    "numpy", "pictures", "pytest", "safetensors", "torch", "torchvision", "train", "wire",
})  # fmt: skip
"""Modules that stand beside a student's or are imported by it: a file of that name would hide them."""


def create(slug: str, course_root: Path) -> list[Path]:
    """Write `assignments/<slug>/` and `reference_solutions/<slug>/`; gives the files. course.yaml is left to its owner."""
    _check(slug)
    places = {"assignment": course_root / "assignments" / slug, "reference": course_root / "reference_solutions" / slug}
    for place in places.values():
        if place.exists() or place.is_symlink():
            raise CourseError(f"{place}: exists", hint="choose another name, or delete the folder yourself")
    made: list[Path] = []
    written: list[Path] = []
    try:
        for part, place in places.items():
            place.mkdir(parents=True)
            made.append(place)
            templates = sorted((TEMPLATES / part).rglob("*.tmpl"))
            written += [_write(each, place / each.relative_to(TEMPLATES / part).with_suffix(""), slug) for each in templates]
    except BaseException as error:
        for place in made:
            shutil.rmtree(place, ignore_errors=True)
        if isinstance(error, OSError):
            raise CourseError(f"{course_root}: cannot be written: {error.strerror}", hint="check its permissions") from error
        raise
    return written


def _check(slug: str) -> None:
    """The slug is a folder's and a module's name."""
    if not SLUG.fullmatch(slug):
        raise CourseError(
            f"`{slug[:80]}` cannot be a slug: expected a-z first, then a-z, 0-9 and _, at most 64", hint="such as `toy_diffusion`"
        )
    if keyword.iskeyword(slug) or slug in sys.stdlib_module_names or slug in TAKEN:
        raise CourseError(f"`{slug}` cannot be a slug: Python or the course has this name already", hint=f"such as `{slug}_1`")


def _write(template: Path, target: Path, slug: str) -> Path:
    """One file, with the slug and a title in place of their marks."""
    if target.name == "module.py":
        target = target.with_name(f"{slug}.py")
    title = slug.replace("_", " ").capitalize()
    text = template.read_text(encoding="utf-8").replace("{{slug}}", slug).replace("{{title}}", title)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text.encode())
    return target
