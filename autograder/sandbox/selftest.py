"""The self-test: before the first submission, the real wall around our own probe; every answer is compared with what must hold.

Properties are those of docs/wall.md. An empty list means that they hold here and now; nothing else lets hidden checks run.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from autograder.sandbox import probe
from autograder.sandbox.places import BOOT, PACKAGES, environment, interpreter
from autograder.sandbox.policy import Policy
from autograder.sandbox.process import LocalGuest

POLICY = Policy(start_seconds=30.0)
SEEN_AT_ROOT = {"bin", "boot", "dev", "lib", "lib32", "lib64", "packages", "proc", "sbin", "tmp", "usr"}
"""All that `/` may show, besides the top folder of an interpreter that is not below /usr."""


class Launch(Protocol):
    """A backend's way to start any command behind its wall."""

    def __call__(
        self, command: Sequence[str], binds: Mapping[Path, str], policy: Policy, channel: tuple[socket.socket, socket.socket]
    ) -> LocalGuest:
        """The command, with these folders shown read-only and this channel inherited."""


def missing(launch: Launch) -> list[str]:
    """Properties that do not hold behind this wall on this machine."""
    with _bait() as (boot, secret, listener):
        report = _probe(launch, boot, secret, listener)
    if report.get("confined") is not True:
        return ["W6: the guest runs as root or may gain privileges"]
    return [f"{name}: {what}" for name, what in _judge(report) if what]


@contextmanager
def _bait() -> Iterator[tuple[Path, Path, str]]:
    """A folder to show, a secret that must stay unread, an abstract socket that must stay unreached."""
    name = f"autograder-{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory(prefix="w") as folder, socket.socket(socket.AF_UNIX) as listener:
        boot, secret = Path(folder, "boot"), Path(folder, "secret")
        boot.mkdir()
        shutil.copyfile(probe.__file__, boot / "probe.py")
        secret.write_text(secrets.token_hex(16))
        for path, mode in ((Path(folder), 0o755), (boot, 0o755), (boot / "probe.py", 0o644), (secret, 0o600)):
            path.chmod(mode)
        listener.bind(f"\0{name}")
        listener.listen()
        yield boot, secret, name


def _probe(launch: Launch, boot: Path, secret: Path, listener: str) -> dict[str, Any]:
    forbidden = [str(secret), "/etc/passwd", "/etc/shadow", str(Path.home()), os.getcwd(), __file__, "/proc/1/mem"]
    asked = json.dumps({"forbidden": forbidden, "abstract": [listener]})
    channel = socket.socketpair()
    command = [interpreter(), "-I", "-S", "-B", f"{BOOT}/probe.py", str(channel[1].fileno()), asked]
    guest = launch(command, {boot: BOOT}, POLICY, channel)
    report: dict[str, Any] = json.loads(guest.raw_report(POLICY.start_seconds))
    return report


def _judge(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(property, what is wrong with it or nothing)."""
    own_files = {name for name in report["readable"] if name.startswith((PACKAGES, "/proc/1/mem"))}
    yield "W1/W2", _if(set(report["readable"]) - own_files, "readable inside: {}")
    roots = SEEN_AT_ROOT | {Path(interpreter()).parts[1]}
    yield "W2", _if(set(report["root"]) - roots, "the root shows {}")
    yield "W2/W11", _if(set(report["writable"]) - {"/tmp", "/dev/shm"}, "writable inside: {}")
    known = set(environment()) | {"PWD"}
    yield "W4", _if({name for names in report["environment"].values() for name in names} - known, "variables inside: {}")
    kinds = sorted(entry.split(":")[1] for entry in report["descriptors"])
    yield "W5", _if([k for k in kinds if k not in ("/dev/null", "pipe", "socket") and not k.startswith("/proc/")], "open: {}")
    yield "W5", _if(["more than one channel"] if kinds.count("socket") > 1 else [], "{}")
    bits = {name: value for name, value in report["status"].items() if name.startswith("Cap") and int(value, 16)}
    yield "W6", _if(bits, "capabilities: {}")
    yield "W7", _if(report["families"], "socket families: {}")
    yield "W7", _if(report["reached"], "reached from inside: {}")
    yield "W8", _if([pid for pid in report["processes"] if pid != 1], "other processes are seen: {}")
    yield "W9", _if(report["calls"], "system calls: {}")
    large = {place: size for place, size in report["sizes"].items() if size > POLICY.scratch + 4096}
    yield "W11", _if(large, "too large: {}")
    yield "W18", _if(["/dev/tty"] if report["terminal"] else [], "a terminal: {}")
    yield "W3", _if([] if report["hostname"] == "sandbox" else [report["hostname"]], "host name: {}")


def _if(found: Any, text: str) -> str:
    return text.format(", ".join(map(str, found))) if found else ""
