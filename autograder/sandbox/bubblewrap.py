"""The bubblewrap wall: namespaces, read-only binds, a uid of its own, no network, a system-call filter.

`arguments(...)` is a pure function from policy and places to bubblewrap's options, in the order that matters: tmpfs before binds,
`--dev` before /dev/shm before its remount, the remount of / last.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from autograder.errors import SandboxUnavailable
from autograder.sandbox import cgroups, launcher, seccomp, selftest, uids
from autograder.sandbox.contract import Guest, Proof, Stage
from autograder.sandbox.degraded import OWN_UID, UNSUMMED
from autograder.sandbox.places import BOOT, SUB, environment, interpreter, library_binds, library_targets
from autograder.sandbox.policy import Policy
from autograder.sandbox.process import LocalGuest, settings_for

HINT = "install it with `apt-get install bubblewrap` (0.8 or newer), then run `autograder doctor`"


class Bubblewrap:
    """Guests behind bubblewrap, started by root (uids of a pool) or by an ordinary user (degraded: the user's own uid)."""

    name = "bubblewrap"

    def __init__(self, *, program: str | None = None) -> None:
        self._given = program

    @cached_property
    def program(self) -> str:
        """The bwrap binary; SandboxUnavailable when there is none that is new enough."""
        found = self._given or shutil.which("bwrap")
        if found is None:
            raise SandboxUnavailable("bubblewrap (bwrap) is not installed, so student code cannot be kept apart", hint=HINT)
        try:
            text = subprocess.run([found, "--help"], capture_output=True, text=True, timeout=10).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise SandboxUnavailable(f"{found}: cannot be started: {error}", hint=HINT) from error
        if "--disable-userns" not in text:
            raise SandboxUnavailable(f"{found}: too old: it does not know --disable-userns", hint=HINT)
        return found

    @cached_property
    def version(self) -> str:
        """As `bwrap --version` says."""
        said = subprocess.run([self.program, "--version"], capture_output=True, text=True, timeout=10).stdout
        return said.split()[-1] if said.split() else "unknown"

    def prove(self) -> Proof:
        """Build the wall, probe it from inside, compare with what must hold."""
        try:
            return self._proof
        except SandboxUnavailable as error:
            return Proof(self.name, "", missing=(error.message,), hint=error.hint)

    @cached_property
    def _proof(self) -> Proof:
        missing = selftest.missing(self.launch)
        degraded = [] if cgroups.available() else [UNSUMMED]
        if os.geteuid() != 0:
            degraded.append(OWN_UID)
        hint = "run `autograder doctor`; it names what to change" if missing else ""
        return Proof(self.name, self.version, missing=tuple(missing), degraded=tuple(degraded), hint=hint)

    def start(self, stage: Stage, policy: Policy) -> Guest:
        """A guest that has sent READY."""
        channel = socket.socketpair()
        settings = settings_for(stage, policy, boot=BOOT, sub=SUB, libraries=library_targets(), channel=channel[1].fileno())
        command = [interpreter(), "-I", "-B", f"{BOOT}/guest.py", settings]
        guest = self.launch(command, {stage.sub: SUB, stage.boot: BOOT}, policy, channel)
        guest.wait_ready()
        return guest

    def launch(
        self, command: Sequence[str], binds: Mapping[Path, str], policy: Policy,
        channel: tuple[socket.socket, socket.socket],
    ) -> LocalGuest:  # fmt: skip
        """Any command behind the wall; the self-test's probe comes through here too."""
        uid = uids.take() if os.geteuid() == 0 else None
        group = cgroups.make(policy)

        def gone() -> None:
            if uid is not None:
                uid.release()
            if group is not None:
                group.remove()

        try:
            process = self._spawn(command, binds, policy, channel[1].fileno(), uid, group)
        except OSError as error:
            channel[0].close()
            gone()
            raise SandboxUnavailable(f"the wall cannot be started: {error}", hint=HINT) from error
        finally:
            channel[1].close()
        return LocalGuest(process, channel[0], policy, gone, group.kills if group is not None else lambda: 0)

    def _spawn(
        self,
        command: Sequence[str],
        binds: Mapping[Path, str],
        policy: Policy,
        channel: int,
        uid: uids.Uid | None,
        group: cgroups.Group | None,
    ) -> subprocess.Popen[bytes]:
        sources = {**library_binds(), **binds}
        # Under root the launcher shows every source as /mnt/<n> in a mount namespace of its own.
        places = {f"{launcher.VIEWS}/{i}" if uid else str(s): target for i, (s, target) in enumerate(sources.items())}
        filter_fd = _pipe(seccomp.program())
        args_fd = _pipe("\0".join(arguments(policy, places, filter_fd)).encode() + b"\0")
        plan = {
            "uid": uid.number if uid else None, "views": [str(source) for source in sources], "bwrap": self.program,
            "args": args_fd, "keep": [args_fd, filter_fd, channel], "rlimits": rlimits(policy),
            "command": list(command), "cgroups": group.joins if group is not None else [],
        }  # fmt: skip
        plan_fd = _pipe(json.dumps(plan).encode())
        try:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", launcher.__file__, str(plan_fd)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, close_fds=True,
                pass_fds=(plan_fd, args_fd, filter_fd, channel), env={}, start_new_session=True, cwd="/",
            )  # fmt: skip
        finally:
            for descriptor in (filter_fd, args_fd, plan_fd):
                os.close(descriptor)


def arguments(policy: Policy, places: Mapping[str, str], filter_fd: int) -> list[str]:
    """Bubblewrap's options. `places`: source -> target of every read-only bind."""
    return [
        "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
        "--disable-userns", "--die-with-parent", "--new-session", "--as-pid-1", "--clearenv",
        *(part for key, value in environment().items() for part in ("--setenv", key, value)),
        "--cap-drop", "ALL", "--uid", "65534", "--gid", "65534", "--hostname", "sandbox",
        "--ro-bind", "/usr", "/usr", *(part for link in LINKS for part in ("--symlink", f"usr/{link}", f"/{link}")),
        "--proc", "/proc", "--dev", "/dev",
        "--size", str(policy.scratch), "--tmpfs", "/tmp",
        "--size", str(policy.scratch), "--tmpfs", "/dev/shm", "--remount-ro", "/dev",
        *(part for source, target in places.items() for part in ("--ro-bind", source, target)),
        "--chdir", "/tmp", "--remount-ro", "/", "--seccomp", str(filter_fd),
    ]  # fmt: skip


LINKS = tuple(name for name in ("bin", "lib", "lib32", "lib64", "sbin") if Path("/", name).is_symlink())
"""Where / still has /lib and its like as links into /usr."""


def rlimits(policy: Policy) -> dict[str, int]:
    """Hard limits of everything inside; the guest tightens memory and processor time for student code."""
    return {
        "RLIMIT_CORE": 0, "RLIMIT_FSIZE": policy.scratch, "RLIMIT_NOFILE": 256,
        "RLIMIT_CPU": int(2 * (policy.submission_seconds + policy.start_seconds)),
    }  # fmt: skip


def _pipe(content: bytes) -> int:
    """A readable descriptor that holds these bytes; a memfd, because a pipe would block on more than 64 KiB."""
    descriptor = os.memfd_create("autograder", 0)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
