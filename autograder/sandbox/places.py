"""What a guest is shown beside its stage: the interpreter, the installed packages, the environment; and where."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from pathlib import Path

from autograder.sandbox.process import ENVIRONMENT

SUB, BOOT, PACKAGES = "/sub", "/boot", "/packages"
"""Where the student's files, our guest and the installed packages are inside."""


def environment() -> dict[str, str]:
    """Every variable that is set inside."""
    return {"PATH": "/usr/bin", "HOME": "/tmp", **ENVIRONMENT}


def interpreter() -> str:
    """The real interpreter's path inside: its own, which is below /usr or bound at the same place."""
    return os.path.realpath(sys.executable)


def library_binds() -> dict[Path, str]:
    """What the interpreter needs beside /usr: its own prefix if elsewhere, and the installed packages under a neutral name."""
    binds: dict[Path, str] = {}
    prefix = Path(os.path.realpath(sys.base_prefix))
    if not prefix.is_relative_to("/usr"):
        binds[prefix] = str(prefix)
    for number, folder in enumerate(_package_folders()):
        binds[folder] = f"{PACKAGES}/{number}"
    return binds


def library_targets() -> list[str]:
    """Where the installed packages are inside."""
    return [f"{PACKAGES}/{number}" for number in range(len(_package_folders()))]


def _package_folders() -> list[Path]:
    """site-packages of this environment, each once; a home's user site is never bound."""
    names = {sysconfig.get_path("purelib"): None, sysconfig.get_path("platlib"): None}
    names.update(dict.fromkeys(site.getsitepackages()))
    folders = dict.fromkeys(Path(os.path.realpath(name)) for name in names if os.path.isdir(name))
    return list(folders)
