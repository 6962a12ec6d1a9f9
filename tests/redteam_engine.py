"""Podman without an image: this machine's interpreter and packages as a folder, behind a stand-in for `podman` on PATH.

For a laboratory whose control groups podman cannot use. The stand-in changes two things in what the wall tells the engine: the
image becomes `--rootfs FOLDER`, and the options that need control groups of its own are left out (the wall then says itself that
memory is not bounded in sum). It makes mounts, so it is for a mount namespace of its own only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

LEFT_OUT = ("--memory", "--memory-swap", "--pids-limit", "--cpus")
STAND_IN = """#!{python} -IS
import os, sys
argv = sys.argv[1:]
if argv[:2] == ["image", "inspect"]:
    print("rootfs")
    sys.exit()
if argv[:1] == ["run"]:
    for name in {left_out}:
        at = argv.index(name)
        del argv[at : at + 2]
    argv[argv.index("rootfs")] = {image!r}
    argv[1:1] = ["--rootfs", "--cgroups=disabled"]
# crun refuses a tree of both kinds of control groups.
pure = "umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; exec " + {command!r} + ' "$@"'
os.execv("/usr/bin/env", ["env", "unshare", "--mount", "--propagation", "private", "sh", "-c", pure, "podman", *argv])
"""


def podman_stand_in(base: Path) -> Path | None:
    """The folder to put first on PATH; None where there is neither podman nor crun, or no right to mount."""
    found = shutil.which("podman")
    if found is None or shutil.which("crun") is None or os.geteuid() != 0:
        return None
    for name in ("image", "bin"):
        (base / name).mkdir(parents=True)
    fill(base / "image")
    own = " ".join(f"--{name} {base / name}" for name in ("root", "runroot", "tmpdir", "network-config-dir"))
    text = STAND_IN.format(
        python=os.path.realpath(sys.executable),
        left_out=LEFT_OUT,
        image=str(base / "image"),
        command=f"{found} --runtime crun {own}",
    )
    (base / "bin/podman").write_text(text)
    (base / "bin/podman").chmod(0o755)
    return base / "bin"


def fill(image: Path) -> None:
    """The shape of the guest's image: /usr, an interpreter in /opt/venv that finds its packages, and empty places."""
    from autograder.sandbox.bubblewrap import LINKS
    from autograder.sandbox.places import interpreter, library_binds

    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = Path("opt/venv/lib", version, "site-packages")
    for folder in ("usr", "proc", "sys", "dev", "etc", "run", "tmp", "var/tmp", "sub", "boot", "opt/venv/bin", packages):
        (image / folder).mkdir(parents=True, exist_ok=True)
    for link in LINKS:
        (image / link).symlink_to(f"usr/{link}")
    for folder in ("tmp", "var/tmp"):
        (image / folder).chmod(0o1777)
    (image / "opt/venv/bin/python3").symlink_to(interpreter())
    (image / "opt/venv/pyvenv.cfg").write_text(f"home = {Path(interpreter()).parent}\ninclude-system-site-packages = false\n")
    show(Path("/usr"), image / "usr")
    own = [source for source in library_binds() if source.name in ("site-packages", "dist-packages")]
    lines = []
    for number, source in enumerate(own):
        target = image / "packages" / str(number)
        target.mkdir(parents=True)
        show(source, target)
        lines.append(f"/packages/{number}\n")
    for source, target in library_binds().items():
        if source not in own:
            (image / target.lstrip("/")).mkdir(parents=True)
            show(source, image / target.lstrip("/"))
    (image / packages / "here.pth").write_text("".join(lines))


def show(source: Path, target: Path) -> None:
    """A read-only bind."""
    subprocess.run(["mount", "--bind", source, target], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", target], check=True)
