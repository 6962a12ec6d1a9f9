"""Bytes made to hurt whoever reads them: every reader ends soon, in little memory, with the error that it documents.

Readers of ours outside the wall: the wire, the channel's frames, archives, notebooks, YAML, folder names. A table row is an input
that was seen to hurt some reader, ours or a library's; the properties look for those that nobody has thought of.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import socket
import struct
import tarfile
import threading
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from autograder.archives import read_contents
from autograder.errors import CourseError, SandboxUnavailable
from autograder.sandbox import wire
from autograder.sandbox.conformance_cases import CELLS, Bench, fault_of
from autograder.sandbox.none import NoSandbox
from autograder.sandbox.notebook_source import NotebookError, module_source
from autograder.sandbox.policy import Policy
from autograder.sandbox.process import GRACE, LocalGuest
from autograder.submission import STUDENT, find_submissions
from autograder.yaml_edge import Strict, read_yaml

MIB = 1 << 20
FEW = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@contextlib.contextmanager
def bounded(*, seconds: float = 2.0, mebibytes: int = 32) -> Iterator[None]:
    """What happens here ends soon and in little memory; generous, because the machine may be busy."""
    tracemalloc.start()
    started = time.process_time()
    try:
        yield
        peak, spent = tracemalloc.get_traced_memory()[1], time.process_time() - started
    finally:
        tracemalloc.stop()
    assert spent < seconds, f"{spent:.1f} seconds"
    assert peak < mebibytes * MIB, f"{peak / MIB:.0f} MiB"


# The wire: safetensors and JSON


def body(tree: object, blob: bytes = b"") -> bytes:
    text = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return struct.pack(">I", len(text)) + text + blob


def blob(header: object, data: bytes = b"", *, claimed: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if claimed is None else claimed) + text + data


def described(dtype: str, shape: list[int], start: int, end: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


TENSORS = {
    "header_of_2_to_63": blob({}, claimed=2**63),
    "header_of_200_mb_claimed": blob({}, claimed=200_000_000),
    "header_of_spaces": blob(b'{"t0":' + json.dumps(described("F32", [1], 0, 4)).encode() + b"}" + b" " * 9_900_000, bytes(4)),
    "no_header": b"\0" * 7,
    "empty_header": blob(b""),
    "header_is_a_list": blob([]),
    "header_is_a_number": blob(b"7"),
    "header_with_nan": blob(b'{"t0": NaN}'),
    "header_is_not_utf8": blob(b'{"t\xff": 1}'),
    "header_nested_deeply": blob(b'{"t0":' + b"[" * 30_000 + b"]" * 30_000 + b"}"),
    "shape_overflows": blob({"t0": described("F32", [2**32, 2**32], 0, 4)}, bytes(4)),
    "shape_is_negative": blob({"t0": described("F32", [-1], 0, 4)}, bytes(4)),
    "shape_and_offsets_differ": blob({"t0": described("F32", [4], 0, 4)}, bytes(4)),
    "offsets_backwards": blob({"t0": described("F32", [1], 4, 0)}, bytes(4)),
    "offsets_beyond_the_data": blob({"t0": described("F32", [1 << 30], 0, 1 << 32)}, bytes(4)),
    "overlap": blob({"t0": described("F32", [1], 0, 4), "t1": described("F32", [1], 0, 4)}, bytes(8)),
    "hole": blob({"t0": described("F32", [1], 0, 4), "t1": described("F32", [1], 8, 12)}, bytes(12)),
    "trailing_bytes": blob({"t0": described("F32", [1], 0, 4)}, bytes(8)),
    "float8": save({"t0": torch.ones(2, dtype=torch.float8_e4m3fn)}),
    "complex": save({"t0": torch.ones(2, dtype=torch.complex64)}),
    "dtype_unknown": blob({"t0": described("Q9", [1], 0, 4)}, bytes(4)),
    "dtype_the_binding_lacks": blob({"t0": described("F6_E2M3", [4], 0, 3)}, bytes(3)),
    "rank_9": save({"t0": torch.ones([1] * 9)}),
    "rank_5000": blob({"t0": described("U8", [1] * 5000, 0, 1)}, bytes(1)),
    "many_empty_tensors": blob({f"t{i}": described("U8", [0], 0, 0) for i in range(1000)}),
    "very_many_empty_tensors": blob({f"t{i}": described("U8", [0], 0, 0) for i in range(100_000)}),
    "deep_metadata": blob({"__metadata__": {"a": {"b": {}}}, "t0": described("U8", [1], 0, 1)}, bytes(1)),
    "only_metadata": blob({"__metadata__": {"a": "b"}}),
    "another_name": save({"t1": torch.ones(1)}),
}
STRUCTURES = {
    "empty": b"", "short": b"\0\0\0", "length_beyond": struct.pack(">I", 2**32 - 1), "length_too_large": body(b" " * 70_000),
    "nan": body(b"NaN"), "minus_infinity": body(b"-Infinity"), "1e400": body(b"1e400"), "lone_surrogate": body(b'"\\ud800"'),
    "5000_digits": body(b"9" * 5000), "60000_levels": body(b"[" * 60_000), "60000_objects": body(b'{"":' * 15_000),
    "cut": body(b"[1,"), "two_values": body(b"1 2"), "not_utf8": body(b'"\xff"'), "utf16": body('"a"'.encode("utf-16")),
    "byte_order_mark": body(b'\xef\xbb\xbf"a"'), "nul": body(b"\0"), "score": body({"score": 100}), "points": body({"$d": 3}),
    "two_kinds": body({"$u": [], "$d": []}), "unknown_kind": body({"$x": []}), "dict_of_lists": body({"$d": [[["a"], 1]]}),
    "dict_of_triples": body({"$d": [["a", 1, 2]]}), "same_key": body({"$d": [["a", 1], ["a", 2]]}),
    "huge_integer": body(2**53 + 1), "depth_17": body(b"[" * 18 + b"]" * 18), "5000_items": body([0] * 5000),
    "long_string": body("x" * 4097), "named_nan": body({"$f": "NaN"}), "float_list": body({"$f": ["nan"]}),
    "tensor_list": body({"$t": ["t0"]}), "tensor_absent": body({"$t": "t0"}), "pickle": b"\x80\x04\x95\0\0\0\0",
    "zip": b"PK\3\4" + bytes(60), "npy": b"\x93NUMPY\1\0" + b"{'shape': (10000000000,)}",
    "tensor_twice": body([{"$t": "t0"}, {"$t": "t0"}], save({"t0": torch.ones(1)})),
    "tensor_unnamed": body(None, save({"t0": torch.ones(1)})),
}  # fmt: skip


@pytest.mark.parametrize("name", TENSORS)
def test_hostile_tensors_are_refused(name):
    raw = body({"$t": "t0"}, TENSORS[name])
    with bounded(), pytest.raises(wire.WireError):
        wire.decode(raw)


@pytest.mark.parametrize("name", STRUCTURES)
def test_hostile_structures_are_refused(name):
    with bounded(), pytest.raises(wire.WireError) as refused:
        wire.decode(STRUCTURES[name])
    assert len(str(refused.value)) < 200


def test_numbers_that_are_not_finite_arrive_as_such_and_bools_as_zero_and_one():
    value = wire.decode(body({"$t": "t0"}, blob({"t0": described("F32", [1], 0, 4)}, b"\0\0\xc0\x7f")))
    assert value.isnan().all()
    value = wire.decode(body({"$t": "t0"}, blob({"t0": described("BOOL", [3], 0, 3)}, b"\7\0\xff")))
    assert value.view(torch.uint8).tolist() == [1, 0, 1]


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-10, 10), st.floats(), st.text(max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["$t", "$u", "$d", "$f", "dtype", "shape", "data_offsets", "t0", "x"]), inner, max_size=3
        ),
    ),
    max_leaves=12,
)
ENTRIES = st.dictionaries(
    st.sampled_from(["t0", "t1", "__metadata__", ""]),
    st.one_of(
        JSON,
        st.fixed_dictionaries(
            {
                "dtype": st.sampled_from(["F32", "F16", "BF16", "BOOL", "U8", "I64", "F8_E4M3", "F4", "U64", "", "f32"]),
                "shape": st.lists(st.integers(-1, 2**64), max_size=3) | st.lists(st.integers(0, 3), max_size=4),
                "data_offsets": st.lists(st.integers(0, 16), min_size=2, max_size=2),
            }
        ),
    ),
    max_size=3,
)


@settings(deadline=None, max_examples=400)
@given(JSON, ENTRIES, st.binary(max_size=24), st.none() | st.integers(0, 2**64 - 1))
@example({"$t": "t0"}, {"t0": described("U8", [0, 2**62, 2**62], 0, 0)}, b"", None)
def test_made_up_structures_and_headers_are_a_value_or_a_wire_error(tree, header, data, claimed):
    with contextlib.suppress(wire.WireError):
        value = wire.decode(body(tree, blob(header, data, claimed=claimed)))
        assert wire.decode(wire.encode(value, MIB)) is not NotImplemented


# Frames: a peer that says what it likes to the host's side of the channel


class Idle:
    """Stands for a process that runs until it is killed."""

    stdout = stderr = None

    def __init__(self) -> None:
        self.killed = False

    def poll(self) -> int | None:
        return -9 if self.killed else None

    def kill(self) -> None:
        self.killed = True

    def wait(self, timeout: float) -> int:
        return -9


Talk = Callable[[socket.socket, bytes], None]
POLICY = Policy(start_seconds=0.3, answer=MIB)


def asked(talk: Talk, *, seconds: float = 2.0):
    """(the answer, the guest's host side) when the peer reads a request and then talks like this."""
    ours, theirs = socket.socketpair()

    def speak() -> None:
        with theirs, contextlib.suppress(OSError):
            header = theirs.recv(wire.HEADER.size, socket.MSG_WAITALL)
            length, request, _ = wire.HEADER.unpack(header)
            theirs.recv(length, socket.MSG_WAITALL)
            talk(theirs, request)

    speaker = threading.Thread(target=speak)
    speaker.start()
    guest = LocalGuest(Idle(), ours, POLICY)
    try:
        return guest.ask("f", [], {"x": 1}, 0, seconds), guest
    finally:
        guest.end()
        speaker.join(10)


def slowly(peer: socket.socket, request: bytes) -> None:
    for byte in wire.frame(wire.VALUE, request, wire.encode([0] * 50, MIB)):
        peer.sendall(bytes([byte]))
        time.sleep(1)


GOOD = wire.encode([1, torch.ones(2)], MIB)
TALKS: dict[str, tuple[Talk, str]] = {
    "another_id": (lambda peer, request: peer.sendall(wire.frame(wire.VALUE, bytes(8), GOOD)), "crash"),
    "ready_again": (lambda peer, request: peer.sendall(wire.frame(wire.READY, bytes(8))), "crash"),
    "ready_under_our_id": (lambda peer, request: peer.sendall(wire.frame(wire.READY, request, GOOD)), "answer"),
    "unknown_tag": (lambda peer, request: peer.sendall(wire.frame(200, request, GOOD)), "answer"),
    "request_back": (lambda peer, request: peer.sendall(wire.frame(wire.REQUEST, request, GOOD)), "answer"),
    "huge_length": (lambda peer, request: peer.sendall(wire.HEADER.pack(2**32 - 1, request, wire.VALUE) + GOOD), "crash"),
    "a_little_too_long": (lambda peer, request: peer.sendall(wire.HEADER.pack(MIB + 140_000, request, wire.VALUE)), "crash"),
    "closes_at_once": (lambda peer, request: None, "crash"),
    "closes_in_the_header": (lambda peer, request: peer.sendall(b"\0\0\0"), "crash"),
    "closes_in_the_body": (lambda peer, request: peer.sendall(wire.frame(wire.VALUE, request, GOOD)[:-1]), "crash"),
    "no_body": (lambda peer, request: peer.sendall(wire.frame(wire.VALUE, request)), "answer"),
    "no_value": (lambda peer, request: peer.sendall(wire.frame(wire.VALUE, request, b"\x80\x04pickle")), "answer"),
    "fault_is_a_list": (lambda peer, request: peer.sendall(wire.frame(wire.FAULT, request, GOOD)), "answer"),
    "fault_of_ours": (
        lambda peer, request: peer.sendall(
            wire.frame(wire.FAULT, request, wire.encode({"kind": "harness", "text": "x" * 4000}, MIB))
        ),
        "raised",
    ),
    "two_at_once": (lambda peer, request: peer.sendall(2 * wire.frame(wire.VALUE, request, GOOD)), "crash"),
}


@pytest.mark.parametrize("name", TALKS)
def test_what_a_peer_says_is_told_as_the_students_fault(name):
    talk, fault = TALKS[name]
    with bounded():
        answer, guest = asked(talk)
    assert answer.fault == fault, answer
    assert answer.value is None or name == "two_at_once"
    assert len(answer.text) <= 500
    assert not guest.alive


def test_a_byte_a_second_does_not_outlive_the_deadline():
    started = time.monotonic()
    answer, guest = asked(slowly, seconds=0.2)
    assert answer.fault == "time" and not guest.alive
    assert time.monotonic() - started < 0.2 + GRACE + 3


@settings(deadline=None, max_examples=120)
@given(st.binary(max_size=120), st.booleans(), st.integers(0, 255))
def test_random_answers_are_an_answer(raw, framed, tag):
    answer, _ = asked(lambda peer, request: peer.sendall(wire.frame(tag, request, raw) if framed else raw))
    assert answer.fault in ("", "crash", "answer", "time", "memory", "todo", "raised")


@settings(deadline=None, max_examples=120)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_answers_are_an_answer(damage):
    def talk(peer: socket.socket, request: bytes) -> None:
        raw = bytearray(wire.frame(wire.VALUE, request, GOOD))
        for place, byte in damage:
            raw[place % len(raw)] = byte
        peer.sendall(raw)

    assert asked(talk)[0].fault in ("", "crash", "answer", "time", "memory", "todo", "raised")


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=60))
@example(wire.frame(wire.READY, b"whatever"))
@example(wire.frame(wire.VALUE, bytes(8)))
@example(wire.HEADER.pack(2**32 - 1, bytes(8), wire.READY))
@example(wire.frame(wire.READY, bytes(8)) * 2)
@example(b"")
def test_whatever_else_than_ready_is_ours(raw):
    ours, theirs = socket.socketpair()
    guest = LocalGuest(Idle(), ours, POLICY)
    with theirs:
        theirs.sendall(raw)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(SandboxUnavailable):
            guest.wait_ready()
    assert not guest.alive


# Archives


CAPS = {"toy.py": 1000, "toy.ipynb": 1000}


def read(path: Path):
    found = read_contents(path, CAPS)
    assert set(found.files) <= set(CAPS)
    assert all(len(content) <= CAPS[name] for name, content in found.files.items())
    assert all(isinstance(problem, str) and len(problem) < 400 and problem.isprintable() for problem in found.problems)
    return found


def zip_with(content: bytes, *, method: int = 8, declared: int | None = None, packed: bytes | None = None, name: str = "toy.py"):
    """A zip of one entry whose sizes, method and packed bytes may not be true."""
    packer = zlib.compressobj(wbits=-15)
    data = packer.compress(content) + packer.flush() if packed is None else packed
    size = len(content) if declared is None else declared
    facts = struct.pack("<4HLLLHH", 0, method, 0, 0x21, zlib.crc32(content), len(data), size, len(name), 0)
    local = b"PK\3\4" + struct.pack("<H", 20) + facts + name.encode() + data
    central = b"PK\1\2" + struct.pack("<HH", 20, 20) + facts + struct.pack("<HHHLL", 0, 0, 0, 0, 0) + name.encode()
    return local + central + b"PK\5\6" + struct.pack("<4HLLH", 0, 0, 1, 1, len(central), len(local), 0)


ZEROS = bytes(300 * MIB)
ZIPS = {
    "false_small_size": lambda: zip_with(ZEROS, declared=10),
    "false_large_size": lambda: zip_with(b"x", declared=2**32 - 1),
    "true_large_size": lambda: zip_with(ZEROS),
    "unknown_method": lambda: zip_with(b"x", method=99),
    "broken_lzma": lambda: zip_with(b"x", method=14, packed=b"\x09\x04\x05\0\x5d\0\0\x80\0" + b"\xff" * 40),
    "lzma_with_a_huge_dictionary": lambda: zip_with(b"x", method=14, packed=b"\x09\x04\x05\0\x5d\xff\xff\xff\xff" + bytes(40)),
    "broken_bzip2": lambda: zip_with(b"x", method=12, packed=b"BZh9" + b"\xff" * 40),
    "broken_deflate": lambda: zip_with(b"x", packed=b"\xff" * 40),
    "stored_but_shorter": lambda: zip_with(b"x" * 500, method=0, packed=b"x"),
    "deep_path": lambda: zip_with(b"x", name="a/" * 400 + "toy.py"),
    "very_long_path": lambda: zip_with(b"x", name="a/" * 30_000 + "toy.py"),
    "end_alone": lambda: b"PK\5\6" + bytes(18),
    "end_with_lies": lambda: b"PK\5\6" + b"\xff" * 18,
}  # fmt: skip


@pytest.mark.parametrize("name", ZIPS)
def test_a_hostile_zip_ends_soon(tmp_path, name):
    (tmp_path / "a.zip").write_bytes(ZIPS[name]())
    with bounded(seconds=4):
        found = read(tmp_path / "a.zip")
    assert not found.files


def test_a_zip_with_very_many_entries_ends_before_they_are_listed(tmp_path):
    one = zip_with(b"", name="a")
    start, end = one.index(b"PK\1\2"), one.index(b"PK\5\6")
    directory = one[start:end] * 200_000
    tail = struct.pack("<4HLLH", 0, 0, 1, 1, len(directory), start, 0)
    (tmp_path / "a.zip").write_bytes(one[:start] + directory + b"PK\5\6" + tail)
    with bounded():
        found = read(tmp_path / "a.zip")
    assert not found.files and found.problems


def test_an_archive_in_an_archive_is_a_file_like_any_other(tmp_path):
    inner = zip_with(b"x")
    for _ in range(40):
        inner = zip_with(inner, name="again.zip")
    (tmp_path / "a.zip").write_bytes(inner)
    with bounded():
        assert not read(tmp_path / "a.zip").files


def header(name: str, kind: bytes, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("kind", [b"L", b"K", b"x", b"g", b"X"], ids=["long_name", "long_link", "pax", "pax_global", "solaris"])
def test_a_tar_header_is_not_read_into_memory(tmp_path, kind):
    """Before any entry is given out, `tarfile` reads a long name whole: 1 MB of zeros, packed, was 600 MiB here."""
    with gzip.open(tmp_path / "a.tar.gz", "wb", compresslevel=1) as stream:
        stream.write(header("a", kind, 300 * MIB))
        for _ in range(300):
            stream.write(bytes(MIB))
    with bounded(seconds=4):
        found = read(tmp_path / "a.tar.gz")
    assert not found.files and found.problems


def test_a_tar_of_sparse_maps_without_end_is_refused(tmp_path):
    block = bytearray(header("toy.py", b"S", 512))
    block[482] = 1  # the map goes on in the next block, as does that one
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % sum(block)
    more = (b"00000000001\0" * 42).ljust(504, b"\0") + b"\1" + bytes(7)
    with gzip.open(tmp_path / "a.tar.gz", "wb", compresslevel=1) as stream:
        stream.write(block)
        for _ in range(100):
            stream.write(more * 2048)
    with bounded(seconds=4):
        found = read(tmp_path / "a.tar.gz")
    assert not found.files and found.problems


@pytest.mark.parametrize("size", [-1, -(2**60), 2**60, 2**70, 2**87])
def test_a_tar_with_a_false_size_is_explained(tmp_path, size):
    (tmp_path / "a.tar").write_bytes(header("b", b"0", size) + bytes(2048))
    with bounded():
        found = read(tmp_path / "a.tar")
    assert not found.files and found.problems


def test_deep_folders_are_not_walked_for_ever(tmp_path):
    here = tmp_path / "ada"
    for number in range(200):
        here = here / f"d{number % 10}"
    here.mkdir(parents=True)
    (here / "toy.py").write_text("x")
    with bounded():
        assert not read(tmp_path / "ada").files


def good_archive(ending: str, method: int) -> bytes:
    stream = io.BytesIO()
    if ending == ".zip":
        with zipfile.ZipFile(stream, "w", method) as archive:
            archive.writestr("work/toy.py", b"x = 1\n" * 20)
            archive.writestr("toy.ipynb", b"{}")
    else:
        with tarfile.open(fileobj=stream, mode="w:gz" if ending == ".tar.gz" else "w", format=tarfile.PAX_FORMAT) as archive:
            for name in ("work/toy.py", "é" * 120 + "/toy.py"):
                info = tarfile.TarInfo(name)
                info.size = 50
                archive.addfile(info, io.BytesIO(b"x" * 50))
    return stream.getvalue()


@FEW
@given(
    ending=st.sampled_from([".zip", ".tar", ".tar.gz"]), method=st.sampled_from([0, 8, 12, 14]),
    damage=st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=8)), max_size=4),
    cut=st.none() | st.integers(0, 10_000),
)  # fmt: skip
def test_damaged_archives_of_every_kind_never_raise(tmp_path, ending, method, damage, cut):
    raw = bytearray(good_archive(ending, method))
    for place, data in damage:
        at = place % len(raw)
        raw[at : at + len(data)] = data
    path = tmp_path / f"x{ending}"
    path.write_bytes(raw[: cut % len(raw)] if cut is not None else raw)
    read(path)


# Notebooks


def notebook(cells: object, **more: object) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells, **more}).encode()


def code(source: object) -> dict[str, object]:
    return {**CELLS[0], "source": source}


NOTEBOOKS = {
    "nothing": b"", "nul": b"\0" * 100, "not_utf8": b"\xff\xfe{}", "a_list": b"[]", "a_number": b"4", "nan": b"NaN",
    "deep": b"[" * 1_000_000, "deep_objects": b'{"a":' * 300_000, "too_large": b" " * (9 << 20),
    "no_cells": b'{"nbformat": 4}', "format_true": notebook([], nbformat=True), "format_3": notebook([], nbformat=3),
    "huge_format": notebook([], nbformat=10**4000), "cell_is_null": notebook([None]), "source_is_a_number": notebook([code(7)]),
    "nested_parentheses": notebook([code("x = " + "(" * 100_000 + ")" * 100_000)]),
    "nested_operators": notebook([code("x = " + "-" * 200_000 + "1")]), "nested_attributes": notebook([code("x = a" + ".b" * 200_000)]),
    "nested_blocks": notebook([code("\n".join(" " * i + "if 1:" for i in range(200)))]),
    "surrogates": notebook([code("x = '\ud800'")]), "nul_inside": notebook([code("x = 1\0")]),
    "huge_integer": notebook([code("x = " + "9" * 10_000)]), "bad_escape": notebook([code("x = '\\N{nothing}'")]),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_hostile_notebook_is_one_sentence(name):
    with bounded(seconds=5, mebibytes=256), pytest.raises(NotebookError) as refused:
        module_source(NOTEBOOKS[name])
    assert len(str(refused.value)) < 400 and str(refused.value).isprintable()


def test_a_line_of_megabytes_ends_soon():
    with bounded(seconds=10, mebibytes=512), contextlib.suppress(NotebookError):
        module_source(notebook([code("x = [" + "1, " * 100_000 + "]")]))


@FEW
@given(
    st.lists(
        st.one_of(JSON, st.text(max_size=40).map(code), st.binary(max_size=20).map(lambda raw: code(raw.decode("latin1")))),
        max_size=3,
    )
)
def test_made_up_notebooks_give_source_or_one_sentence(cells):
    try:
        source = module_source(notebook(cells))
    except NotebookError as refused:
        assert len(str(refused)) < 400
    else:
        compile(source, "notebook", "exec")


# YAML


class Made(Strict):
    name: str = ""
    number: int = 0
    names: list[str] = []


def laughs(levels: int) -> str:
    lines = ["name:", "- &a0 [x, x, x, x, x, x, x, x, x]"]
    return "\n".join([*lines, *(f"- &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels))])


def merges(levels: int) -> str:
    lines = ["a0: &a0 {k0: 1, k1: 1, k2: 1, k3: 1, k4: 1, k5: 1, k6: 1, k7: 1, k8: 1}"]
    return "\n".join([*lines, *(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, levels))])


YAMLS = {
    "billion_laughs": laughs(8), "billion_merges": merges(8), "itself": "name: &a [*a]", "own_key": "&a {*a : 1}",
    "deep_list": "name: " + "[" * 50_000, "deep_map": "name: " + "{a: " * 5000, "deep_block": "- " * 20_000,
    "empty_int": "number: !!int ''", "empty_float": "number: !!float ''", "odd_bool": "number: !!bool x",
    "odd_time": "number: !!timestamp x", "odd_binary": "name: !!binary x", "python": "name: !!python/object/apply:os.system [id]",
    "huge_number": "name: 0x" + "f" * 6000, "many_digits": "number: " + "9" * 6000 + ".5e999999", "no_such_day": "name: 2020-99-99",
    "nul": "name: \0", "tab": "\tname: x", "two_documents": "name: a\n---\nname: b", "map_key": "{? {a: 1} : 2}",
    "list_key": "? [a]\n: 1", "sexagesimal": "name: " + ":".join(["59"] * 4000), "a_list": "- 1", "a_string": "name",
    "nothing": "", "unknown": "nombre: x", "tag_of_a_tag": "!" * 5000, "long_anchor": "name: &" + "a" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("name", YAMLS)
def test_hostile_yaml_is_an_error_that_names_the_file(tmp_path, name):
    path = tmp_path / "course.yaml"
    path.write_text(YAMLS[name])
    with bounded(seconds=6, mebibytes=64), pytest.raises(CourseError) as refused:
        read_yaml(path, Made, CourseError)
    assert str(path) in refused.value.message and len(refused.value.message) < 1200


def test_a_file_of_yaml_that_is_too_large_is_not_read(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"a" * (2 * MIB))
    with bounded(mebibytes=1), pytest.raises(CourseError, match="at most"):
        read_yaml(tmp_path / "a.yaml", Made, CourseError)


SNIPPETS = st.lists(
    st.sampled_from(
        ["name", ": ", "- ", "\n", "  ", "&a ", "*a", "!!int ", "!!float ", "!!bool ", "!!null ", "!!timestamp ", "!!set ", "!!binary ",
         "!!omap ", "<<: ", "? ", "{", "}", "[", "]", ",", "'", '"', "|", ">", "#", "0x1", ".inf", "~", "\0", "\ud7ff", "1_0", "=", "%YAML 9"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@FEW
@given(st.one_of(st.binary(max_size=60), SNIPPETS.map(str.encode)))
def test_random_yaml_is_the_model_or_the_error(tmp_path, raw):
    (tmp_path / "a.yaml").write_bytes(raw)
    with contextlib.suppress(CourseError):
        assert isinstance(read_yaml(tmp_path / "a.yaml", Made, CourseError), Made)


# Names of students


def usable(name: str) -> bool:
    return name not in (".", "..") and "/" not in name and "\0" not in name and 0 < len(os.fsencode(name)) <= 255


NAMES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
    st.sampled_from(
        ["..zip", "Ada", "a b", "-rf", "a" * 65, "con", "\u202eada", "ada\n", "ada.", "ªda", "İ", "ſ", "ß", "x.tar.gz", ".py"]
    ),
).filter(usable)


@FEW
@given(st.lists(NAMES, max_size=5, unique=True), st.booleans())
def test_names_are_a_students_or_refused(tmp_path_factory, toy_assignment, names, folders):
    place = tmp_path_factory.mktemp("class")
    for name in names:
        with contextlib.suppress(FileExistsError):
            (place / name).mkdir() if folders else (place / name).write_bytes(b"")
    found, refused = find_submissions(place, toy_assignment)
    assert all(STUDENT.fullmatch(each.student) and each.path.parent == place for each in found)
    assert len({each.student for each in found}) == len(found) <= len(names)
    assert all(STUDENT.fullmatch(each.name.lower()) for each in refused)


@pytest.mark.parametrize("name", ["ada\n", "ada ", "a.b", "añа", "ada\u202e", "-" * 65, "ada;rm", "$(id)", "ⓐda", "²", "\u212a"])
def test_a_name_that_is_no_students_is_refused_and_shown_cleaned(tmp_path, toy_assignment, name):
    (tmp_path / "class" / name).mkdir(parents=True)
    found, refused = find_submissions(tmp_path / "class", toy_assignment)
    assert not found and len(refused) == 1
    assert refused[0].name.isascii() and refused[0].name.isprintable() and len(refused[0].name) <= 64


@pytest.fixture(scope="module")
def toy_assignment():
    from support import TOY

    from autograder.assignment import load_assignment
    from autograder.course import find_course

    return load_assignment(find_course(TOY), "toy")


# Weights, read inside


WEIGHTS = {
    **{name: TENSORS[name] for name in TENSORS if name not in ("another_name", "header_of_spaces", "only_metadata", "float8", "complex",
                                                              "rank_9", "rank_5000", "many_empty_tensors", "very_many_empty_tensors",
                                                              "dtype_the_binding_lacks", "header_with_nan")},
    "empty": b"", "text": b"not weights at all, but long enough", "pickle": b"\x80\x02cos\nsystem\n", "zip": b"PK\3\4" + bytes(40),
    "html": b"<!DOCTYPE html><html>",
}  # fmt: skip


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench(NoSandbox()) as made:
        yield made


@pytest.mark.parametrize("name", WEIGHTS)
def test_hostile_weights_are_an_exception_of_the_students(bench, name):
    """The files are data, and the loader runs in a child with limits; a plain process is wall enough for this."""
    target = bench.stage("plain").sub / "weights.safetensors"
    kept = target.read_bytes()
    target.write_bytes(WEIGHTS[name])
    try:
        answer = bench.guest().ask("loaded", ["weights"], {}, 0, 10)
    finally:
        target.write_bytes(kept)
    fault_of(answer, "raised", "weights.safetensors")
    assert "pickle" in answer.text or "is not a safetensors file" in answer.text
    assert str(target.parent) not in answer.text
