"""The inside of the conformance suite: a driver that runs what a case sends, and, started as a script, peers that misbehave.

Copied into a stage of the suite's own, never imported outside. Standard library only. What could do harm without a wall is called
a deed and refuses to run unless the process is confined (uid not 0, no_new_privs).
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import struct
import sys
import textwrap
import time
from typing import Any

HEADER = struct.Struct(">I8sB")
READY, VALUE = 0, 2


def run(student: Any, code: str, given: Any) -> Any:
    """Run the body of a function of `student` and `given`; its value is the answer."""
    scope: dict[str, Any] = {}
    exec(f"import os, sys, time\ndef act(student, given):\n{textwrap.indent(code, '    ')}\n", scope)  # noqa: S102
    return scope["act"](student, given)


def deed(student: Any, code: str, given: Any) -> Any:
    """As `run`, behind a wall only."""
    refuse_unless_confined()
    return run(student, code, given)


def loaded(weights: Any) -> Any:
    """The weights that were handed in."""
    return weights


def refuse_unless_confined() -> None:
    """Stop here as root, or where privileges can still be gained."""
    with open("/proc/self/status") as file:
        status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
    if os.getuid() == 0 or status.get("NoNewPrivs") != "1":
        raise PermissionError("this runs behind a wall only")


class Peer:
    """The other end of the channel, without the real guest between."""

    def __init__(self, number: int | None) -> None:
        self.source, self.sink = (os.dup(0), os.dup(1)) if number is None else (number, number)
        if number is None:
            os.dup2(2, 1)

    def say(self, tag: int, request: bytes, body: bytes = b"", length: int | None = None) -> None:
        """One frame, perhaps with a length that is not true."""
        self.write(HEADER.pack(len(body) if length is None else length, request, tag) + body)

    def write(self, data: bytes) -> None:
        """All of it."""
        while data:
            data = data[os.write(self.sink, data) :]

    def hear(self, *, part: int = 1 << 20, pause: float = 0.0) -> bytes:
        """The next request's id; its body is read and dropped, as slowly as asked."""
        length, request, _ = HEADER.unpack(self._exactly(HEADER.size, part, 0.0))
        self._exactly(length, part, pause)
        return bytes(request)

    def _exactly(self, count: int, part: int, pause: float) -> bytes:
        parts = []
        while count:
            time.sleep(pause)
            got = os.read(self.source, min(count, part))
            if not got:
                sys.exit(0)  # the host has gone
            parts.append(got)
            count -= len(got)
        return b"".join(parts)


def value(content: Any) -> bytes:
    """A value of JSON alone, as the wire writes it."""
    text = json.dumps(content).encode()
    return struct.pack(">I", len(text)) + text


def echo(peer: Peer) -> None:
    """Well behaved: null to everything."""
    peer.say(READY, bytes(8))
    while True:
        peer.say(VALUE, peer.hear(), value(None))


def scratch(peer: Peer) -> None:
    """Leaves one more file in each scratch folder at each request, and says how many are there."""
    refuse_unless_confined()
    peer.say(READY, bytes(8))
    while True:
        request = peer.hear()
        for folder in ("/tmp", "/dev/shm"):
            with open(f"{folder}/{secrets.token_hex(8)}", "w") as file:
                file.write("left behind")
        peer.say(VALUE, request, value([len(list(os.scandir(folder))) for folder in ("/tmp", "/dev/shm")]))


def leaves(peer: Peer) -> None:
    """Has started three daemons that are deaf to signals."""
    refuse_unless_confined()
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
                    signal.signal(number, signal.SIG_IGN)
                time.sleep(50)
            os._exit(0)
        os.wait()
    peer.say(READY, bytes(8))
    time.sleep(50)


def slow(peer: Peer) -> None:
    """Reads its request in small parts, and is chatty meanwhile."""
    peer.say(READY, bytes(8))
    request = peer.hear(part=1 << 18, pause=0.005)
    os.write(2, b"z" * 60_000)
    peer.say(VALUE, request, value(None))


def deaf(peer: Peer) -> None:
    """Never reads its request."""
    peer.say(READY, bytes(8))
    time.sleep(50)


def silent(peer: Peer) -> None:
    """Never says that it is up."""
    peer.hear()


def late(peer: Peer) -> None:
    """Takes its time until it is up."""
    time.sleep(1.5)
    echo(peer)


def forged(peer: Peer) -> None:
    """Says that it is up under an id that READY does not have."""
    peer.say(READY, b"whatever")
    time.sleep(50)


def stranger(peer: Peer) -> None:
    """Answers a request that nobody made."""
    peer.say(READY, bytes(8))
    peer.hear()
    peer.say(VALUE, b"whatever", value(None))
    time.sleep(50)


def twice(peer: Peer) -> None:
    """Answers everything twice."""
    peer.say(READY, bytes(8))
    while True:
        request = peer.hear()
        peer.write(2 * (HEADER.pack(8, request, VALUE) + value(None)))


def giant(peer: Peer) -> None:
    """Announces four gigabytes."""
    peer.say(READY, bytes(8))
    peer.say(VALUE, peer.hear(), length=2**32 - 1)
    time.sleep(50)


def drip(peer: Peer) -> None:
    """Answers, a byte every fifth of a second."""
    peer.say(READY, bytes(8))
    for byte in HEADER.pack(8, peer.hear(), VALUE) + value(None) + bytes(200):
        peer.write(bytes([byte]))
        time.sleep(0.2)


def leaver(peer: Peer) -> None:
    """Goes in the middle of its answer."""
    peer.say(READY, bytes(8))
    peer.write(HEADER.pack(8, peer.hear(), VALUE) + b"\0")


def garbage(peer: Peer) -> None:
    """Answers with bytes that are no value."""
    peer.say(READY, bytes(8))
    while True:
        peer.say(VALUE, peer.hear(), b"\x80\x04\x95 this is no value")


def flood(peer: Peer) -> None:
    """Prints without end, on both streams."""
    peer.say(READY, bytes(8))
    peer.hear()
    for _ in range(4096):
        os.write(1, b"out " * 16_384)
        os.write(2, b"err " * 16_384)


PEERS = (echo, scratch, leaves, slow, deaf, silent, late, forged, stranger, twice, giant, drip, leaver, garbage, flood)


if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    {each.__name__: each for each in PEERS}[settings["module"]](Peer(settings["channel"]))
