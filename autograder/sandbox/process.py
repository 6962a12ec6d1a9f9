"""A guest as a process of ours: channel, log and death. Shared by every backend that starts a local process.

Polls channel and log together without blocking, under one absolute deadline on the monotonic clock: a guest that floods its log,
never reads, or sends a byte a second cannot hold the host up.
"""

from __future__ import annotations

import json
import os
import secrets
import selectors
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograder.errors import SandboxUnavailable
from autograder.sandbox import wire
from autograder.sandbox.contract import Answer, Stage
from autograder.sandbox.policy import Policy

GRACE = 3.0
"""Seconds after an observation's own limit, in which the supervisor inside reports it; then the whole guest is ended."""

THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""One thread: results do not depend on the machine, and a process with idle thread pools cannot fork safely."""

ENVIRONMENT = {
    **THREADS, "TORCHDYNAMO_DISABLE": "1", "MPLBACKEND": "Agg", "HF_HUB_OFFLINE": "1", "PYTHONHASHSEED": "0",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8", "LANG": "C.UTF-8", "USER": "student",
}  # fmt: skip


class GuestGone(Exception):
    """The channel closed, or said something that is not an answer; the text says which."""


class LocalGuest:
    """A process with a socketpair (or its stdin and stdout) as the channel. Create it in the thread that uses it."""

    def __init__(
        self, process: subprocess.Popen[bytes], channel: socket.socket, policy: Policy,
        gone: Callable[[], None] = lambda: None, memory_kills: Callable[[], int] = lambda: 0,
    ) -> None:  # fmt: skip
        self._process, self._channel, self._policy, self._gone = process, channel, policy, gone
        self._memory_kills, self._killed = memory_kills, 0
        self._log = bytearray()
        self._logged = 0
        self._received = bytearray()
        self._ended = False
        channel.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel, selectors.EVENT_READ)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                self._selector.register(stream, selectors.EVENT_READ)

    @property
    def alive(self) -> bool:
        """Whether it can be asked again."""
        return not self._ended and self._process.poll() is None

    @property
    def log(self) -> str:
        """The start of what it printed."""
        return self._log.decode("utf-8", "replace")

    def wait_ready(self) -> None:
        """Until READY. SandboxUnavailable when it does not come: whatever happened, no student code has run yet."""
        try:
            tag, request, _ = self._frame(time.monotonic() + self._policy.start_seconds)
            if tag != wire.READY or request != bytes(8):
                raise GuestGone("it said something else than READY")
        except (GuestGone, TimeoutError) as error:
            self.end()
            said = " | ".join(self.log.strip().splitlines()[-3:])
            raise SandboxUnavailable(
                f"the guest did not come up: {error}" + (f": {said}" if said else ""),
                hint="run `autograder doctor`: it says what this machine lacks",
            ) from error

    def raw_report(self, seconds: float) -> bytes:
        """The one frame that a probe of ours sends. SandboxUnavailable when it does not come."""
        try:
            return self._frame(time.monotonic() + seconds)[2]
        except (GuestGone, TimeoutError, OSError) as error:
            raise SandboxUnavailable(f"the probe did not report: {error}: {self.log.strip()[-300:]}") from error
        finally:
            self.end()

    def ask(self, observe: str, wants: Sequence[str], inputs: Mapping[str, Any], seed: int, seconds: float) -> Answer:
        """One observation. Must never raise for anything that the guest does."""
        before = self._kills()
        answer = self._asked(observe, wants, inputs, seed, seconds)
        if answer.fault == "crash" and self._kills() > before:  # the counter says so, never an exit status
            return Answer(fault="memory", text="ran out of memory", seconds=answer.seconds)
        return answer

    def _kills(self) -> int:
        return self._killed if self._ended else self._memory_kills()

    def _asked(self, observe: str, wants: Sequence[str], inputs: Mapping[str, Any], seed: int, seconds: float) -> Answer:
        request = secrets.token_bytes(8)
        call = {"observe": observe, "wants": list(wants), "inputs": dict(inputs)}
        body = struct.pack(">dQ", seconds, seed) + wire.encode(call, 64 * 1024 * 1024)
        started = time.monotonic()
        try:
            self._send(wire.frame(wire.REQUEST, request, body), started + seconds + GRACE)
            tag, echoed, raw = self._frame(started + seconds + GRACE)
            spent = time.monotonic() - started
            if echoed != request:
                raise GuestGone("it answered something that was not asked")
            return self._answer(tag, raw, spent)
        except TimeoutError:
            self.end()
            return Answer(fault="time", text=f"no answer within {seconds:g} seconds", seconds=seconds)
        except (GuestGone, OSError) as error:
            self.end()
            return Answer(fault="crash", text=str(error), seconds=time.monotonic() - started)

    def end(self) -> None:
        """Kill the outer process; its death ends everything inside. Waits until nothing is left."""
        if self._ended:
            return
        self._ended = True
        self._process.kill()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:  # in uninterruptible sleep; `gone` reports it
            pass
        self._killed = self._memory_kills()  # the last look: `gone` removes the counter
        self._drain()
        self._selector.close()
        self._channel.close()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._gone()

    def _answer(self, tag: int, raw: bytes, spent: float) -> Answer:
        try:
            value = wire.decode(raw)
        except wire.WireError as error:
            return Answer(fault="answer", text=f"returned {error}", seconds=spent)
        if tag == wire.VALUE:
            return Answer(value=value, seconds=spent)
        if isinstance(value, dict) and isinstance(value.get("kind"), str) and isinstance(value.get("text"), str):
            known = ("time", "memory", "crash", "todo", "raised", "answer")
            return Answer(fault=value["kind"] if value["kind"] in known else "raised", text=value["text"][:500], seconds=spent)
        return Answer(fault="answer", text="returned something that is not an answer", seconds=spent)

    def _frame(self, deadline: float) -> tuple[int, bytes, bytes]:
        """The next whole frame: its length is checked before anything is allocated."""
        size = wire.HEADER.size
        self._fill(size, deadline)
        length, request, tag = wire.HEADER.unpack(bytes(self._received[:size]))
        if length > self._policy.answer + wire.MAX_JSON + wire.MAX_TENSOR_HEADER + 16:
            raise GuestGone("it announced an answer larger than the limit")
        self._fill(size + length, deadline)
        body = bytes(self._received[size : size + length])
        del self._received[: size + length]
        if self._received:
            raise GuestGone("it said more than was asked")
        return tag, request, body

    def _fill(self, count: int, deadline: float) -> None:
        while len(self._received) < count:
            self._poll(deadline, selectors.EVENT_READ)

    def _send(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[self._channel.send(view) :]
            except BlockingIOError:
                self._poll(deadline, selectors.EVENT_READ | selectors.EVENT_WRITE)

    def _poll(self, deadline: float, events: int) -> None:
        """Wait for the channel, reading whatever the log says meanwhile."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"nothing came for {self._policy.start_seconds:g} seconds")
        self._selector.modify(self._channel, events)
        for key, _ in self._selector.select(left):
            if key.fileobj is self._channel:
                self._receive()
            else:
                self._read_log(key.fd, key.fileobj)

    def _receive(self) -> None:
        try:
            part = self._channel.recv(1 << 20)
        except BlockingIOError:
            return
        if not part:
            raise GuestGone("the process ended without an answer")
        self._received += part

    def _read_log(self, descriptor: int, stream: Any) -> None:
        try:
            part = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return
        if not part:
            self._selector.unregister(stream)
        self._logged += len(part)
        self._log += part[: max(0, self._policy.log_kept - len(self._log))]
        if self._logged > self._policy.log_total:
            raise GuestGone(f"it printed more than {self._policy.log_total // 2**20} MiB")

    def _drain(self) -> None:
        """What is still in the log's pipes, bounded."""
        for key in list(self._selector.get_map().values()):
            if key.fileobj is not self._channel:
                try:
                    self._log += os.read(key.fd, 1 << 16)[: max(0, self._policy.log_kept - len(self._log))]
                except (OSError, ValueError):
                    continue


def settings_for(stage: Stage, policy: Policy, *, boot: str, sub: str, libraries: Sequence[str], channel: int | None) -> str:
    """The guest's one command-line argument: nothing in it tells of course, student or host."""
    limits = {
        "memory": policy.memory, "cpu": policy.cpu_seconds, "file": policy.scratch, "processes": policy.processes,
        "answer": policy.answer,
    }  # fmt: skip
    return json.dumps(
        {"boot": boot, "sub": sub, "libraries": list(libraries), "channel": channel, "module": stage.module,
         "weights": stage.weights, "preload": list(stage.preload), "limits": limits}
    )  # fmt: skip
