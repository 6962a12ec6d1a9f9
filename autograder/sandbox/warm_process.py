"""The warm server and its children, as the host holds them: descriptors, never names or numbers.

Server(preload)          a clean process that has imported these modules, and its keeper; ServerLost when it cannot be had
Server.fork(plan, ...)   a walled child of it; ServerLost when the server failed, which is never a student's fault
Child                    what `LocalGuest` needs of a process
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from autograder.errors import SandboxUnavailable
from autograder.sandbox.bubblewrap import LINKS
from autograder.sandbox.places import environment, interpreter, library_binds, library_targets

SCRIPT = Path(__file__).with_name("warm_keeper.py")
START_SECONDS, FORK_SECONDS, MOST_DESCRIPTORS = 120.0, 30.0, 32
UP, FORKED, REQUEST, SHOWN, REFUSED = b"R", b"P", b"G", b"T", b"E"
ORDINARY = """an ordinary user needs user namespaces for it: allow them (Ubuntu 24.04: `sudo sysctl -w \
kernel.apparmor_restrict_unprivileged_userns=0`; elsewhere user.max_user_namespaces), or grade as root; see `autograder doctor`"""


class ServerLost(SandboxUnavailable):
    """The warm server did not start, or failed at its work: ours."""


class Process:
    """A process known by its pidfd."""

    def __init__(self, pidfd: int) -> None:
        self._pidfd, self._ended = pidfd, False

    @property
    def pid(self) -> int:
        """Its number as we see it; -1 when it has ended."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/self/fdinfo/{self._pidfd}").read_text().splitlines():
                if line.startswith("Pid:"):
                    return int(line.split()[1])
        return -1

    def poll(self) -> int | None:
        """None while it runs."""
        return -signal.SIGKILL if self._over(0) else None

    def kill(self) -> None:
        """SIGKILL; nothing happens when it has ended."""
        if not self._ended:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        """Until it has ended, and with it everything inside: it is the first process of a pid namespace."""
        if not self._over(timeout):
            raise subprocess.TimeoutExpired("the guest", timeout)
        return -signal.SIGKILL

    def _over(self, seconds: float) -> bool:
        if not self._ended and _readable(self._pidfd, seconds):
            self._ended = True
            os.close(self._pidfd)
        return self._ended


class Child(Process):
    """A guest, with the ends of its output."""

    def __init__(self, pidfd: int, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        super().__init__(pidfd)
        self.stdout, self.stderr = stdout, stderr


class Server:
    """One warm server and its keeper. `fork` is called by one thread at a time."""

    def __init__(self, preload: Sequence[str]) -> None:
        self.forked, self.guests, self.retired = 0, 0, False
        self._log = os.memfd_create("log")
        self._control, servers = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._mounts, keepers = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server: Process | None = None
        try:
            self._keeper = self._spawn(servers.fileno(), keepers.fileno(), preload)
        except OSError as error:
            self._control.close()
            self._mounts.close()
            os.close(self._log)
            raise ServerLost(f"the warm server cannot be started: {error}") from error
        finally:
            servers.close()
            keepers.close()
        self._control.settimeout(START_SECONDS)
        self._server = Process(self._exchange(self._control, [], [], UP)[0])
        self._control.settimeout(FORK_SECONDS)
        self._mounts.settimeout(FORK_SECONDS)

    @property
    def pid(self) -> int:
        """For tests and for `ps`; -1 when it has ended."""
        return self._server.pid if self._server is not None else -1

    @property
    def lost(self) -> bool:
        """Whether it has ended. Its socket closes before its children are killed, so a guest's death by it is known."""
        if self._keeper.poll() is not None or self._control.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(self._control, 0)  # the hang-up only: an answer for another thread may be on its way
        return bool(poll.poll(0))

    def fork(self, plan: Mapping[str, Any], descriptors: Sequence[int], folders: Sequence[Path]) -> int:
        """A pidfd of a new guest, which gets the plan, these descriptors and a read-only view of each folder."""
        self.forked += 1
        with ExitStack() as sent:
            plan_fd = _closed_after(sent, memory_file(json.dumps(plan).encode()))
            trees = self._exchange(self._mounts, [json.dumps([str(each) for each in folders]).encode()], [], SHOWN, len(folders))
            for tree in trees:
                _closed_after(sent, tree)
            return self._exchange(self._control, [REQUEST], [plan_fd, *descriptors, *trees], FORKED)[0]

    def close(self) -> None:
        """End it; guests of it that still run end with it."""
        if self._control.fileno() < 0:
            return
        self._control.close()
        self._mounts.close()  # the keeper ends the server, waits for it and ends
        try:
            self._keeper.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait(timeout=5)
        if self._server is not None:
            self._server.wait(timeout=5)
        os.close(self._log)

    def _exchange(
        self, channel: socket.socket, said: list[bytes], descriptors: Sequence[int], expected: bytes, count: int = 1
    ) -> list[int]:
        """Say this, expect that and so many descriptors. What the keeper refuses is a folder; all else ends the server."""
        try:
            if said:
                socket.send_fds(channel, said, descriptors)
            answer, received, _, _ = socket.recv_fds(channel, 4096, MOST_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
        except OSError as error:
            answer, received = str(error).encode(), []
        if answer == expected and len(received) == count:
            return received
        for descriptor in received:
            os.close(descriptor)
        text = answer.decode("utf-8", "replace")
        if channel is self._mounts and answer.startswith(REFUSED):
            raise SandboxUnavailable(f"the warm wall cannot show a folder: {text[1:]}", hint="is it still there, and readable?")
        text = text or self._last_words()
        self.close()
        hint = "run `autograder doctor`: it says what this machine lacks"
        raise ServerLost(f"the warm server failed: {text}", hint=hint if os.geteuid() == 0 else ORDINARY)

    def _last_words(self) -> str:
        """The end of what it printed before it ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._keeper.wait(timeout=2)
        said = os.pread(self._log, 1 << 16, 0).decode("utf-8", "replace").strip().splitlines()
        return " | ".join(said[-2:]) or "it ended without a word"

    def _spawn(self, control: int, mounts: int, preload: Sequence[str]) -> subprocess.Popen[bytes]:
        binds = {Path("/usr"): "/usr", **library_binds()}
        with ExitStack() as sent:
            host = _closed_after(sent, os.pidfd_open(os.getpid()))
            plan = {
                "binds": [[str(source), target] for source, target in binds.items()], "links": list(LINKS), "control": control,
                "mounts": mounts, "host": host, "interpreter": interpreter(), "environment": environment(),
                "libraries": library_targets(), "preload": list(preload),
            }  # fmt: skip
            plan_fd = _closed_after(sent, memory_file(json.dumps(plan).encode()))
            return subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", str(SCRIPT), str(plan_fd)],
                stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, close_fds=True,
                pass_fds=(plan_fd, control, mounts, host), env={}, start_new_session=True, cwd="/",
            )  # fmt: skip


def memory_file(content: bytes) -> int:
    """A readable descriptor that holds these bytes."""
    descriptor = os.memfd_create("autograder")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _closed_after(stack: ExitStack, descriptor: int) -> int:
    stack.callback(os.close, descriptor)
    return descriptor


def _readable(descriptor: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))
