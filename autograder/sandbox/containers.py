"""The container walls: docker and podman, one builder of arguments, one way to start, kill and sweep.

Takes a stage and a policy; gives a guest whose channel is the container's stdin and stdout. The engine's client is a `LocalGuest`
with one end of a socketpair as both. Killing the client leaves a container running, so every guest is killed by its random name,
and what carries this run's label is swept at exit. A grader that is killed closes the channel: the guest ends at its end of file.

Must never run an image that was not resolved to its content first, never pull, and never give hidden checks to an engine whose
self-test failed. The guest is process 1 inside (no `--init`): only then does it end, between two observations, everything that
student code left running.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from autograder.errors import SandboxUnavailable
from autograder.sandbox import selftest, uids
from autograder.sandbox.containers_argv import (
    DOCKER,
    LABEL,
    PODMAN,
    Engine,
    Launch,
    arguments,
    memory_limit,
    process_limit,
    profile,
)  # fmt: skip
from autograder.sandbox.contract import Answer, Guest, Proof, Stage
from autograder.sandbox.degraded import UNSUMMED
from autograder.sandbox.places import BOOT, PACKAGES, SUB, environment
from autograder.sandbox.policy import Policy
from autograder.sandbox.process import LocalGuest, settings_for

IMAGE, PYTHON = "autograder-guest", "/opt/venv/bin/python3"
"""The `guest` target of the Dockerfile, and its interpreter."""

CLIENT = (
    "PATH", "HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS",
    "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH",
    "CONTAINER_HOST", "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF",
)  # fmt: skip
"""Variables that the engine's client may see; none of them reaches the container."""

REMOVAL = 30.0
"""Seconds until a container that is still listed counts as stuck."""


class ContainerGuest(LocalGuest):
    """A guest of which the engine knows whether the kernel had to free memory."""

    starved = False
    """Whether it ended so; known once it has been removed."""
    look: Callable[[], bool] = staticmethod(lambda: False)
    """The same, asked of a running one."""

    def ask(self, observe: str, wants: Sequence[str], inputs: Mapping[str, Any], seed: int, seconds: float) -> Answer:
        """One observation. A crash is memory where the engine says so; then the guest ends, because it says so for good."""
        answer = super().ask(observe, wants, inputs, seed, seconds)
        if answer.fault != "crash" or not (self.starved or (self.alive and self.look())):
            return answer
        self.end()
        return replace(answer, fault="memory", text="ran out of memory")


class _Containers:
    """Guests in containers of one engine."""

    name: ClassVar[str]
    engine: ClassVar[Engine]

    def __init__(
        self, image: str = IMAGE, *, python: str = PYTHON, libraries: Sequence[str] = (),
        shown: Mapping[Path, str] | None = None, gpu: int | None = None, program: str | None = None,
    ) -> None:  # fmt: skip
        """`image`: a tag, digest or id that is here already. `libraries`, `shown`: for an image that lacks the packages."""
        self._image, self._python, self._libraries = image, python, tuple(libraries)
        self._shown, self._gpu, self._given = dict(shown or {}), gpu, program
        self._run = secrets.token_hex(8)
        self._stuck: list[str] = []

    @cached_property
    def program(self) -> str:
        """The engine's client; SandboxUnavailable when there is none."""
        found = self._given or shutil.which(self.engine.name)
        if found is None:
            raise self._no_engine()
        return found

    @cached_property
    def version(self) -> str:
        """As the engine says; SandboxUnavailable when it does not answer."""
        done = self._call("version", "--format", self.engine.version)
        if done.returncode or not done.stdout.strip():
            raise self._no_engine()
        return done.stdout.strip()

    @cached_property
    def image(self) -> str:
        """The image's content id: whoever moves the tag later does not change what runs."""
        done = self._call("image", "inspect", "--format", "{{.Id}}", self._image)
        if done.returncode or not done.stdout.strip():
            build = f"{self.engine.name} build --target guest --tag {IMAGE} ."
            raise SandboxUnavailable(f"the image {self._image} is not on this machine", hint=f"build it: `{build}`")
        return done.stdout.strip()

    def prove(self) -> Proof:
        """Build the wall, probe it from inside, compare with what must hold."""
        try:
            return self._proof
        except SandboxUnavailable as error:
            return Proof(self.name, "", missing=(error.message,), hint=error.hint)

    @cached_property
    def _proof(self) -> Proof:
        version = f"{self.version}, image {self.image.removeprefix('sha256:')[:12]}"
        limits = self._limits()
        missing = [*missing_in(self._probe), *_wrong_limits(limits)]
        degraded = [] if _summed(limits, self._gpu) else [UNSUMMED]
        if degraded and self._gpu is not None:
            missing.append(f"{UNSUMMED}, which a GPU needs")
        hint = (
            f"run `autograder doctor`; is {self.engine.name} configured to set variables or mounts by itself?" if missing else ""
        )
        return Proof(self.name, version, missing=tuple(missing), degraded=tuple(degraded), hint=hint)

    def start(self, stage: Stage, policy: Policy) -> Guest:
        """A guest that has sent READY."""
        if self._stuck:
            raise SandboxUnavailable(
                f"{self.name} could not remove {', '.join(self._stuck)}: student code may still be running",
                hint=f"look at `{self.engine.name} ps`, restart the engine, then grade again",
            )
        # CUDA reserves address space by the terabyte: with a GPU only the container's limit bounds memory.
        inside = policy if self._gpu is None else replace(policy, memory=0)
        settings = settings_for(stage, inside, boot=BOOT, sub=SUB, libraries=self._libraries, channel=None)
        command = [self._python, "-I", "-B", f"{BOOT}/guest.py", settings]
        guest = self.launch(command, {stage.sub: SUB, stage.boot: BOOT}, policy, socket.socketpair())
        guest.wait_ready()
        return guest

    def launch(
        self, command: Sequence[str], binds: Mapping[Path, str], policy: Policy,
        channel: tuple[socket.socket, socket.socket],
    ) -> LocalGuest:  # fmt: skip
        """Any command behind the wall, with the channel as its stdin and stdout; the probe comes through here too."""
        name = f"ag{secrets.token_hex(8)}"
        uid, release = self._uid()
        try:
            argv = self.options(policy, {**self._shown, **binds}, Launch(name, self._run, uid, self.profile, command[0]))
            process = subprocess.Popen(
                [self.program, *argv, *command[1:]], stdin=channel[1].fileno(), stdout=channel[1].fileno(),
                stderr=subprocess.PIPE, close_fds=True, env=self._environment(), start_new_session=True, cwd="/",
            )  # fmt: skip
        except (OSError, SandboxUnavailable) as error:
            channel[0].close()
            release()
            if isinstance(error, SandboxUnavailable):
                raise
            raise SandboxUnavailable(f"{self.program}: cannot be started: {error}") from error
        finally:
            channel[1].close()

        def gone() -> None:
            guest.starved = self._starved(name, patient=False)
            self._remove(name, release)

        guest = ContainerGuest(process, channel[0], policy, gone)
        guest.look = lambda: self._starved(name, patient=True)
        return guest

    def options(self, policy: Policy, mounts: Mapping[Path, str], launch: Launch) -> list[str]:
        """The engine's arguments; nothing is added to them anywhere else."""
        return arguments(policy, mounts, self.image, self.engine, launch, self._gpu)

    def sweep(self) -> None:
        """Remove every container of this run, and the profile. Called at exit."""
        try:
            left = self._call("ps", "--all", "--quiet", "--filter", f"label={LABEL}={self._run}").stdout.split()
            if left:
                self._call("rm", "--force", *left)
        except SandboxUnavailable:
            pass  # the engine has gone, and its containers with it
        written = self.__dict__.pop("profile", None)  # a later start writes a new one
        if written is not None:
            shutil.rmtree(Path(written).parent, ignore_errors=True)

    @cached_property
    def profile(self) -> str:
        """The system-call profile in a private folder; sweeping at exit is arranged here, before the first start."""
        folder = Path(tempfile.mkdtemp(prefix="w"))
        path = folder / "calls.json"
        path.write_text(profile())
        atexit.register(self.sweep)
        return str(path)

    def _uid(self) -> tuple[int, Callable[[], None]]:
        """A uid that no other guest has: of the pool under root, else one of the many that nobody has."""
        if os.geteuid() == 0:
            uid = uids.take()
            return uid.number, uid.release
        return 20_000 + secrets.randbelow(40_000), lambda: None  # below 65,536, or a rootless engine cannot map it

    def _starved(self, name: str, *, patient: bool) -> bool:
        """Whether the kernel killed anything in this container for memory; the engine may hear of it a moment later."""
        deadline = time.monotonic() + 0.3
        while True:
            try:
                said = self._call("inspect", "--format", "{{.State.OOMKilled}} {{.State.Running}}", name).stdout.split()
            except SandboxUnavailable:
                return False  # whoever removes it next finds out
            if len(said) != 2 or said[0] == "true" or (said[1] == "true" and not patient) or time.monotonic() > deadline:
                return said[:1] == ["true"]
            time.sleep(0.1)

    def _remove(self, name: str, release: Callable[[], None]) -> None:
        """Kill by name, remove, and look: a uid is given back only when nothing is left."""
        deadline = time.monotonic() + REMOVAL
        try:
            self._call("kill", name)
            while True:
                self._call("rm", "--force", name)
                seen = self._call("ps", "--all", "--quiet", "--filter", f"name={name}")
                if seen.returncode == 0 and not seen.stdout.strip():
                    release()
                    return
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
        except SandboxUnavailable:
            pass
        self._stuck.append(name)

    def _call(self, *command: str) -> subprocess.CompletedProcess[str]:
        """One short command of the client."""
        try:
            return subprocess.run(
                [self.program, *command], capture_output=True, text=True, timeout=30, env=self._environment(), cwd="/",
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            raise self._no_engine() from error

    def _environment(self) -> dict[str, str]:
        return {name: os.environ[name] for name in CLIENT if name in os.environ}

    def _no_engine(self) -> SandboxUnavailable:
        return SandboxUnavailable(
            f"{self.engine.name} is not installed or its engine does not answer",
            hint=f"try `{self.engine.name} version` as this user, or grade with --sandbox bubblewrap",
        )

    def _probe(self, boot: Path, asked: str) -> dict[str, Any]:
        command = [self._python, "-I", "-S", "-B", f"{BOOT}/probe.py", "1", asked]
        return self._report(command, {boot: BOOT})

    def _limits(self) -> dict[str, Any]:
        return self._report([self._python, "-I", "-S", "-B", "-c", LIMITS], {})

    def _report(self, command: Sequence[str], binds: Mapping[Path, str]) -> dict[str, Any]:
        guest = self.launch(command, binds, selftest.POLICY, socket.socketpair())
        report: dict[str, Any] = json.loads(guest.raw_report(selftest.POLICY.start_seconds))
        return report


class Docker(_Containers):
    """Guests behind a Docker engine."""

    name = "docker"
    engine = DOCKER


class Podman(_Containers):
    """Guests behind podman, rootless or not."""

    name = "podman"
    engine = PODMAN


SEEN_AT_ROOT = selftest.SEEN_AT_ROOT | {
    ".dockerenv", "etc", "home", "libx32", "media", "mnt", "opt", "root", "run", "srv", "sub", "sys", "var",
}  # fmt: skip
"""All that `/` of an image may show."""

SET_BY_ENGINES = {"PWD", "HOSTNAME", "container", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES"}

LIMITS = """
import json, os, resource, struct
def first(*names):
    for name in names:
        try:
            return open("/sys/fs/cgroup/" + name).read().strip()
        except OSError:
            pass
sockets = ["/run/docker.sock", "/var/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock"]
body = json.dumps({
    "memory": first("memory.max", "memory/memory.limit_in_bytes"), "processes": first("pids.max", "pids/pids.max"),
    "swap": first("memory.swap.max", "memory/memory.memsw.limit_in_bytes"),
    "sockets": [name for name in sockets if os.path.lexists(name)],
    "writable": [name for name in ("/tmp", "/dev/shm") if os.access(name, os.W_OK)],
    "core": resource.getrlimit(resource.RLIMIT_CORE)[1], "file": resource.getrlimit(resource.RLIMIT_FSIZE)[1],
    "open": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
}).encode()
os.write(1, struct.pack(">I8sB", len(body), bytes(8), 2) + body)
"""
"""Run inside beside the probe: what bounds this container, and whether honest work has a place to write."""


def missing_in(probe: Callable[[Path, str], dict[str, Any]]) -> list[str]:
    """Properties that do not hold: the probe's report compared with what a container may show."""
    with selftest._bait() as (boot, secret, listener):
        forbidden = [str(secret), "/etc/shadow", __file__]
        report = probe(boot, json.dumps({"forbidden": forbidden, "abstract": [listener]}))
    if report.get("confined") is not True:
        return ["W6: the guest runs as root or may gain privileges"]
    return [f"{name}: {what}" for name, what in _judge(report) if what]


def _judge(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(property, what is wrong with it or nothing)."""
    some = selftest._if
    yield "W1/W2", some([name for name in report["readable"] if not name.startswith(PACKAGES)], "readable inside: {}")
    yield "W2", some(set(report["root"]) - SEEN_AT_ROOT, "the root shows {}")
    yield "W2/W11", some(set(report["writable"]) - {"/tmp", "/dev/shm"}, "writable inside: {}")
    known = set(environment()) | SET_BY_ENGINES
    yield "W4", some({name for names in report["environment"].values() for name in names} - known, "variables inside: {}")
    kinds = [entry.split(":")[1] for entry in report["descriptors"]]
    yield "W5", some([k for k in kinds if k not in ("/dev/null", "pipe", "socket") and not k.startswith("/proc/")], "open: {}")
    bits = {name: value for name, value in report["status"].items() if name.startswith("Cap") and int(value, 16)}
    yield "W6", some(bits, "capabilities: {}")
    yield "W6", some(["0"] if "0" in report["status"].get("Groups", "").split() else [], "groups: {}")
    yield "W7", some(report["families"], "socket families: {}")
    yield "W7", some(report["reached"], "reached from inside: {}")
    yield "W8", some([pid for pid in report["processes"] if pid != 1], "other processes are seen: {}")
    yield "W9", some(report["calls"], "system calls: {}")
    large = {place: size for place, size in report["sizes"].items() if size > selftest.POLICY.scratch + 4096}
    yield "W11", some(large, "too large: {}")
    yield "W18", some(["/dev/tty"] if report["terminal"] else [], "a terminal: {}")
    yield "W3", some([] if report["hostname"] == "sandbox" else [report["hostname"]], "host name: {}")


def _wrong_limits(limits: Mapping[str, Any]) -> Iterator[str]:
    """Limits that are not as the policy says; memory is looked at apart, because it may be degraded."""
    policy = selftest.POLICY
    if limits["sockets"]:
        yield f"W1: the engine's socket is inside: {', '.join(limits['sockets'])}"
    if set(limits["writable"]) != {"/tmp", "/dev/shm"}:
        yield f"W20: honest work cannot write: only {', '.join(limits['writable']) or 'nothing'} is writable"
    if limits["core"] != 0 or not 0 < limits["file"] <= policy.scratch or not 0 < limits["open"] <= 256:
        yield f"W11: limits of core, file and open files are {limits['core']}, {limits['file']}, {limits['open']}"


def _summed(limits: Mapping[str, Any], gpu: int | None) -> bool:
    """Whether memory (with swap) and processes of the whole container are bounded as asked."""
    policy = selftest.POLICY
    wanted = memory_limit(policy, gpu)

    def bound(name: str) -> int | None:
        text = limits.get(name)
        return int(text) if isinstance(text, str) and text.isdigit() else None

    memory, processes, swap = bound("memory"), bound("processes"), bound("swap")
    in_swap = swap is None or swap in (0, wanted) or swap <= wanted  # cgroup v2 counts swap alone, v1 with memory
    return memory is not None and memory <= wanted and processes == process_limit(policy) and in_swap
