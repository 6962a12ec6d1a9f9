"""The warm wall: the same wall as `bubblewrap`'s, built by a process that has imported torch already. Up in a tenth of a second.

Takes a stage and a policy, gives a guest that has sent READY. A second implementation of the wall: it passes the same self-test,
or it is not used. Must never hand the server anything but descriptors, charge a student for the server's death, or be weaker than
the plain start, which gives the same answers and stays the one of record.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property, partial
from pathlib import Path
from typing import Any, cast

from autograder.errors import SandboxUnavailable
from autograder.sandbox import cgroups, seccomp, selftest, uids
from autograder.sandbox.bubblewrap import rlimits
from autograder.sandbox.contract import Guest, Proof, Sandbox, Stage
from autograder.sandbox.degraded import OWN_UID, UNSUMMED
from autograder.sandbox.places import BOOT, SUB, interpreter, library_targets
from autograder.sandbox.policy import Policy
from autograder.sandbox.process import LocalGuest, settings_for
from autograder.sandbox.warm_guest import WarmGuest
from autograder.sandbox.warm_process import Child, Server, ServerLost

PRELOAD = ("numpy", "torch", "safetensors.torch", "torch.optim", "torch.utils.data", "torch._dynamo")
"""What the server imports before it forks; the first optimiser of a process pulls torch._dynamo in, which takes seconds."""

VERSION = "1"
RENEW_AFTER = 200
"""Children after which a server is replaced."""


class Warm:
    """Guests forked by a warm server, behind a wall of namespaces that the child builds around itself.

    Started by root (uids of a pool) or by an ordinary user (degraded: the user's own uid), as bubblewrap is.
    """

    name = "warm"

    def __init__(self, *, cold: Sandbox | None = None, preload: Sequence[str] = PRELOAD, renew_after: int = RENEW_AFTER) -> None:
        self._cold, self._preload, self._renew_after = cold, tuple(preload), renew_after
        self._lock = threading.Lock()
        self._servers: list[Server] = []
        """All that run; only the last one is asked for new guests."""
        self._finalizer = weakref.finalize(self, _close, self._servers)

    def prove(self) -> Proof:
        """Build the wall, probe it from inside, compare with what must hold."""
        try:
            return self._proof
        except (SandboxUnavailable, OSError, ValueError, KeyError) as error:
            said, hint = getattr(error, "message", str(error)), getattr(error, "hint", "")
            return Proof(self.name, "", missing=(said,), hint=hint)

    @cached_property
    def _proof(self) -> Proof:
        missing = selftest.missing(self.launch)
        hint = "the plain start (bubblewrap) may still hold: run `autograder doctor`" if missing else ""
        degraded = [] if cgroups.available() else [UNSUMMED]
        if os.geteuid() != 0:
            degraded.append(OWN_UID)
        return Proof(self.name, VERSION, missing=tuple(missing), degraded=tuple(degraded), hint=hint)

    def start(self, stage: Stage, policy: Policy) -> Guest:
        """A guest that has sent READY; a plain one when there is no server to be had and the plain wall is proven."""
        try:
            return WarmGuest(partial(self._up, stage, policy))
        except ServerLost:
            if self._cold is not None and self._cold.prove().holds:
                return self._cold.start(stage, policy)
            raise

    def launch(
        self, command: Sequence[str], binds: Mapping[Path, str], policy: Policy,
        channel: tuple[socket.socket, socket.socket],
    ) -> LocalGuest:  # fmt: skip
        """A Python script behind the wall: `command` is the interpreter, its options, the script inside and its arguments."""
        return self._launch(command, binds, policy, channel)[0]

    def end(self) -> None:
        """End every server, and with it every guest. Another start begins anew."""
        with self._lock:
            _close(self._servers)

    @property
    def servers(self) -> tuple[int, ...]:
        """Process ids of the running servers."""
        return tuple(server.pid for server in self._servers)

    def _up(self, stage: Stage, policy: Policy) -> tuple[LocalGuest, Server]:
        channel = socket.socketpair()
        settings = settings_for(stage, policy, boot=BOOT, sub=SUB, libraries=library_targets(), channel=channel[1].fileno())
        command = [interpreter(), "-I", "-B", f"{BOOT}/guest.py", settings]
        guest, server = self._launch(command, {stage.sub: SUB, stage.boot: BOOT}, policy, channel)
        try:
            guest.wait_ready()
        except SandboxUnavailable as error:
            if server.lost:
                raise ServerLost(f"the warm server ended while the guest came up: {error.message}", hint=error.hint) from error
            raise
        return guest, server

    def _launch(
        self, command: Sequence[str], binds: Mapping[Path, str], policy: Policy,
        channel: tuple[socket.socket, socket.socket],
    ) -> tuple[LocalGuest, Server]:  # fmt: skip
        uid = None
        try:
            uid = uids.take() if os.geteuid() == 0 else None
            plan = {
                "uid": uid.number if uid is not None else None, "rlimits": rlimits(policy),
                "filter": seccomp.program().hex(), "scratch": policy.scratch,
                "channel": channel[1].fileno(), "argv": _script(command), "targets": list(binds.values()),
            }  # fmt: skip
            child, server = self._fork(plan, channel[1].fileno(), list(binds))
        except (SandboxUnavailable, OSError, ValueError) as error:
            channel[0].close()
            if uid is not None:
                uid.release()
            if isinstance(error, SandboxUnavailable):
                raise
            raise SandboxUnavailable(f"the warm wall cannot be started: {error}") from error
        finally:
            channel[1].close()
        groups: list[cgroups.Group] = []
        gone = partial(self._gone, uid, server, groups)
        guest = LocalGuest(cast("Any", child), channel[0], policy, gone, lambda: sum(group.kills() for group in groups))
        try:
            groups.extend(_grouped(policy, child))
        except SandboxUnavailable:
            guest.end()
            raise
        return guest, server

    def _fork(self, plan: Mapping[str, Any], channel: int, folders: Sequence[Path]) -> tuple[Child, Server]:
        """A child of the current server, or of a new one when that one fails."""
        with ExitStack() as sent, ExitStack() as kept:
            streams, descriptors = [], [channel]
            for _ in ("stdout", "stderr"):
                reader, writer = os.pipe()
                streams.append(kept.enter_context(os.fdopen(reader, "rb", buffering=0)))
                descriptors.append(_closed_after(sent, writer))
            pidfd, server = self._ask(plan, descriptors, folders)
            kept.pop_all()
            return Child(pidfd, streams[0], streams[1]), server

    def _ask(self, plan: Mapping[str, Any], descriptors: Sequence[int], folders: Sequence[Path]) -> tuple[int, Server]:
        with self._lock:
            try:
                server = self._server()
                pidfd = server.fork(plan, descriptors, folders)
            except ServerLost:  # ours: once more
                server = self._server()
                pidfd = server.fork(plan, descriptors, folders)
            server.guests += 1
            return pidfd, server

    def _server(self) -> Server:
        """The server to ask, started if there is none, replaced if it is lost or has forked enough."""
        for server in [*self._servers]:
            server.retired = server.retired or server.forked >= self._renew_after
            if server.lost or (server.retired and not server.guests):
                server.close()
                self._servers.remove(server)
        if not self._servers or self._servers[-1].retired:
            self._servers.append(Server(self._preload))
        return self._servers[-1]

    def _gone(self, uid: uids.Uid | None, server: Server, groups: Sequence[cgroups.Group]) -> None:
        """A guest has ended."""
        if uid is not None:
            uid.release()
        for group in groups:
            group.remove()
        with self._lock:
            server.guests -= 1


def _grouped(policy: Policy, child: Child) -> list[cgroups.Group]:
    """The control group that it is in; none where none can be had.

    Student code runs in later children of it only, and none has been asked for yet.
    """
    for _ in range(2):  # another grader that tidies up may remove the first one while it is empty
        group = cgroups.make(policy)
        if group is None:
            return []
        if _adopted(group, child):
            return [group]
        group.remove()
    raise SandboxUnavailable("the guest cannot be put into its control group", hint="grade it again; see `autograder doctor`")


def _adopted(group: cgroups.Group, child: Child) -> bool:
    """Put it into the group and see it there; one that is ending is not listed any more."""
    pid = child.pid
    group.adopt(pid)
    with contextlib.suppress(OSError):
        if all(str(pid) in Path(path).read_text().split() for path in group.joins):
            return True
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=0.5)
        return True
    return False


def _script(command: Sequence[str]) -> list[str]:
    """The script and its arguments: the server is the interpreter, with the same options."""
    scripts = [number for number, part in enumerate(command) if part.startswith(BOOT + "/")]
    if not scripts or command[0] != interpreter():
        raise SandboxUnavailable("the warm wall runs Python scripts in /boot only")
    return list(command[scripts[0] :])


def _closed_after(stack: ExitStack, descriptor: int) -> int:
    stack.callback(os.close, descriptor)
    return descriptor


def _close(servers: list[Server]) -> None:
    while servers:
        servers.pop().close()
