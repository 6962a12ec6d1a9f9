"""The warm server and its children, as the host holds them: descriptors, never names or numbers.

Server(preload)          a clean process that has imported these modules; ServerLost when it cannot be had
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
from pathlib import Path
from typing import IO, Any

from autograder.errors import SandboxUnavailable
from autograder.sandbox.bubblewrap import LINKS
from autograder.sandbox.places import environment, interpreter, library_binds, library_targets

SCRIPT = Path(__file__).with_name("warm_server.py")
START_SECONDS, FORK_SECONDS = 120.0, 30.0
UP, FORKED, REQUEST = b"R", b"P", b"G"


class ServerLost(SandboxUnavailable):
    """The warm server did not start, or failed at its work: ours."""


class Child:
    """A process known by its pidfd, with the ends of its output: pid 1 of its namespace, so its end is the end of all inside."""

    def __init__(self, pidfd: int, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self._pidfd, self.stdout, self.stderr = pidfd, stdout, stderr
        self._ended = False

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
        """Until it and everything inside has ended."""
        if not self._over(timeout):
            raise subprocess.TimeoutExpired("the guest", timeout)
        return -signal.SIGKILL

    def _over(self, seconds: float) -> bool:
        if not self._ended and _readable(self._pidfd, seconds):
            self._ended = True
            os.close(self._pidfd)
        return self._ended


class Server:
    """One warm server. `fork` is called by one thread at a time."""

    def __init__(self, preload: Sequence[str]) -> None:
        self.forked, self.guests, self.retired = 0, 0, False
        self._log = os.memfd_create("log")
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = self._spawn(theirs.fileno(), preload)
        except OSError as error:
            self._control.close()
            raise ServerLost(f"the warm server cannot be started: {error}") from error
        finally:
            theirs.close()
        self._control.settimeout(START_SECONDS)
        self._exchange([], [], UP)
        self._control.settimeout(FORK_SECONDS)

    @property
    def pid(self) -> int:
        """For tests and for `ps`."""
        return self._process.pid

    @property
    def lost(self) -> bool:
        """Whether it has ended. Its socket closes before its children are killed, so a guest's death by it is known."""
        if self._process.poll() is not None or self._control.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(self._control, 0)  # the hang-up only: an answer for another thread may be on its way
        return bool(poll.poll(0))

    def fork(self, plan: Mapping[str, Any], descriptors: Sequence[int]) -> int:
        """A pidfd of a new guest, which gets the plan and these descriptors."""
        self.forked += 1
        plan_fd = memory_file(json.dumps(plan).encode())
        try:
            return self._exchange([REQUEST], [plan_fd, *descriptors], FORKED)[0]
        finally:
            os.close(plan_fd)

    def close(self) -> None:
        """End it; guests of it that still run end with it."""
        if self._control.fileno() < 0:
            return
        self._control.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=5)
        os.close(self._log)

    def _exchange(self, said: list[bytes], descriptors: Sequence[int], expected: bytes) -> list[int]:
        """Say this, expect that. Anything else ends the server."""
        try:
            if said:
                socket.send_fds(self._control, said, descriptors)
            answer, received, _, _ = socket.recv_fds(self._control, 4096, 4, socket.MSG_CMSG_CLOEXEC)
        except OSError as error:
            answer, received = str(error).encode(), []
        if answer == expected and len(received) == (1 if expected == FORKED else 0):
            return received
        for descriptor in received:
            os.close(descriptor)
        text = answer.decode("utf-8", "replace") or self._last_words()
        self._process.kill()
        self.close()
        raise ServerLost(f"the warm server failed: {text}", hint="run `autograder doctor`: it says what this machine lacks")

    def _last_words(self) -> str:
        """The end of what it printed before it ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
        said = os.pread(self._log, 1 << 16, 0).decode("utf-8", "replace").strip().splitlines()
        return " | ".join(said[-2:]) or "it ended without a word"

    def _spawn(self, control: int, preload: Sequence[str]) -> subprocess.Popen[bytes]:
        binds = {Path("/usr"): "/usr", **library_binds()}
        plan = {
            "binds": [[str(source), target] for source, target in binds.items()], "links": list(LINKS), "control": control,
            "interpreter": interpreter(), "environment": environment(), "libraries": library_targets(),
            "preload": list(preload), "host": os.getpid(),
        }  # fmt: skip
        plan_fd = memory_file(json.dumps(plan).encode())
        try:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", str(SCRIPT), "prepare", str(plan_fd)],
                stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, close_fds=True, pass_fds=(plan_fd, control),
                env={}, start_new_session=True, cwd="/",
            )  # fmt: skip
        finally:
            os.close(plan_fd)


def memory_file(content: bytes) -> int:
    """A readable descriptor that holds these bytes."""
    descriptor = os.memfd_create("autograder")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _readable(descriptor: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))
