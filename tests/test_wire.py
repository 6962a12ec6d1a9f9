"""The wire: values cross whole, and bytes that are no value are refused without a crash, a hang or a large allocation."""

from __future__ import annotations

import json
import math
import struct

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from autograder.sandbox import wire

CAP = 1 << 20
DTYPES = st.sampled_from(list(wire.DTYPES))
TENSORS = st.builds(
    lambda shape, dtype: torch.arange(math.prod(shape) or 0).reshape(shape).to(dtype),
    st.lists(st.integers(0, 4), max_size=4), DTYPES,
)  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(), TEXT, TENSORS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.lists(inner, max_size=3).map(tuple), st.dictionaries(TEXT, inner, max_size=3)
    ),
    max_leaves=8,
)


def equal(a, b) -> bool:
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, float) and math.isnan(a):
        return isinstance(b, float) and math.isnan(b)
    return type(a) is type(b) and a == b


@settings(deadline=None, max_examples=200)
@given(VALUES)
def test_what_goes_in_comes_out(value):
    assert equal(value, wire.decode(wire.encode(value, CAP)))


@settings(deadline=None, max_examples=400)
@given(VALUES, st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6), st.integers(0, 10_000))
def test_damaged_bytes_are_a_value_or_a_wire_error(value, damage, cut):
    raw = bytearray(wire.encode(value, CAP))
    for place, byte in damage:
        raw[place % len(raw)] = byte
    try:
        wire.decode(bytes(raw[: len(raw) - cut % len(raw)]) if cut % 3 == 0 else bytes(raw))
    except wire.WireError:
        pass


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=300))
def test_random_bytes_are_a_value_or_a_wire_error(raw):
    try:
        wire.decode(raw)
    except wire.WireError:
        pass


def body(tree, blob: bytes = b"") -> bytes:
    text = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return struct.pack(">I", len(text)) + text + blob


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xff\xff\xff",
        body(b"NaN"),
        body(b"1e400"),
        body(b"-Infinity"),
        body(b'"\\ud800"'),
        body(b"9" * 5000),
        body(b"[" * 100_000),
        body({"score": 100}),
        body({"$t": "t0"}),
        body({"$d": [["a", 1], ["a", 2]]}),
        body({"$d": [[1, 1]]}),
        body({"$f": "huge"}),
        body(list(range(5000))),
        body("x" * 5000),
        body(2**60),
        body(None, save({"t0": torch.ones(2)})),
        body({"$t": "t0"}, struct.pack("<Q", 2**63) + b"{}"),
        body({"$t": "t0"}, struct.pack("<Q", 1 << 26) + b" " * (1 << 20)),
        body([{"$t": "t0"}, {"$t": "t0"}], save({"t0": torch.ones(2)})),
        body({"$t": "t0"}, save({f"t{i}": torch.ones(0) for i in range(400)})),
        body({"$t": "t0"}, save({"t0": torch.ones(2, dtype=torch.float8_e4m3fn)})),
        body({"$t": "t0"}, save({"t0": torch.ones([1] * 9)})),
        b"\x80\x04\x95.pickle",
    ],
)
def test_hostile_bytes_are_refused(raw):
    with pytest.raises(wire.WireError):
        wire.decode(raw)


def test_a_bool_byte_of_seven_is_normalised():
    raw = bytearray(save({"t0": torch.tensor([True])}))
    raw[-1] = 7
    value = wire.decode(body({"$t": "t0"}, bytes(raw)))
    assert value.view(torch.uint8).tolist() == [1]


@pytest.mark.parametrize(
    "value",
    [object(), {1: 2}, {"a": {"b": object()}}, 2**60, "x" * 5000, "\ud800", torch.ones(2).to_sparse(), lambda: 0, b"bytes"],
    ids=repr,
)
def test_what_is_no_value_cannot_be_sent(value):
    with pytest.raises(wire.WireError):
        wire.encode(value, CAP)


def test_the_cap_holds():
    with pytest.raises(wire.WireError, match="limit"):
        wire.encode(torch.zeros(CAP), CAP)


def test_objects_that_lie_about_equality_arrive_as_plain_values():
    class Liar(float):
        def __eq__(self, other):
            return True

        __hash__ = None

    class LyingTensor(torch.Tensor):
        pass

    with pytest.raises(wire.WireError):
        wire.encode(Liar(1.0), CAP)
    assert type(wire.decode(wire.encode(torch.ones(2).as_subclass(LyingTensor), CAP))) is torch.Tensor
