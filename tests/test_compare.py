"""Comparison helpers: wrong type, shape, dtype and non-finite values are refused before anything is compared."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks import CheckFailed
from autograder.compare import above, below, between, differ, near, require, same, shaped

WANT = torch.tensor([0.5, -1.5, 2.5, 3.0, 4.0, 5.5, 7.0])


def message(function, *arguments, **keywords) -> str:
    with pytest.raises(CheckFailed) as caught:
        function(*arguments, **keywords)
    return str(caught.value)


def test_equal_values_pass():
    same(WANT.clone(), WANT)
    same(1.5, 1.5)
    same(1.5, torch.tensor(1.5))
    near(WANT + 0.01, WANT, 0.05)
    between(WANT, -2, 8)
    differ(WANT, WANT + 1, call="f")
    below(1.0, 2.0, what="x")
    above(2.0, 1.0, what="x")
    require(True, expected="a", got="b")


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (None, "nothing (None): is a `return` missing?"),
        ("1", "a str"),
        (WANT.mean(), "expected (7,), got scalar: did you average over the batch?"),
        (WANT[:6], "expected (7,), got (6,)"),
        (WANT[:, None], "got (7, 1): a dimension of size 1 too many"),
        (WANT.double(), "expected dtype float32, got float64"),
        (WANT.long(), "expected dtype float32, got int64"),
        (torch.full((7,), math.nan), "7 of 7 that are NaN"),
        (torch.cat([WANT[:6], torch.tensor([math.inf])]), "1 of 7 that are infinite"),
        (-WANT, "the sign is flipped"),
        (2 * WANT, "off by a factor of 2"),
        (WANT / 7, "off by a factor of 7"),
        (torch.zeros(7), "all zeros"),
        (WANT + 1, "7 of 7 values differ"),
        ([0.5], "a list"),
        (True, "a bool"),
    ],
)
def test_each_mistake_is_told_apart(got, words):
    text = message(same, got, WANT, call="kl(mu, logvar)")
    assert words in text
    assert text.startswith("kl(mu, logvar): expected")


def test_a_suspect_is_named():
    text = message(same, WANT.exp(), WANT, suspects={"exp forgotten": WANT + 3, "exp taken twice": WANT.exp()})
    assert text.endswith("exp taken twice")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "3", None])
def test_a_statistic_that_is_no_finite_number_never_passes(value):
    message(below, value, 1e9, what="x")
    message(above, value, -1e9, what="x")


def test_only_true_is_true():
    for value in (1, "yes", torch.tensor([True, False]), torch.ones(0, dtype=torch.bool), None):
        message(require, value, expected="a", got="b")


def test_swapped_dimensions_are_suspected():
    assert "two dimensions swapped" in message(shaped, torch.zeros(3, 5), (5, 3))


def test_an_empty_tensor_is_never_equal():
    message(same, torch.empty(0), torch.ones(3))
    message(between, torch.empty(0), 0, 1)
    message(differ, torch.empty(0), torch.empty(0), call="f")


@settings(deadline=None, max_examples=200)
@given(
    st.one_of(
        st.none(), st.booleans(), st.text(max_size=5), st.integers(), st.floats(), st.lists(st.floats(), max_size=3),
        st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
        st.tuples(
            st.lists(st.integers(0, 3), max_size=4),
            st.sampled_from([torch.float32, torch.float64, torch.float16, torch.int64, torch.bool, torch.uint8]),
        ),
    )
)  # fmt: skip
def test_whatever_comes_is_a_failed_check_and_never_another_exception(value):
    if isinstance(value, tuple):
        value = torch.zeros(value[0], dtype=value[1])
    for check in (
        lambda: same(value, WANT), lambda: near(value, WANT, 0.1), lambda: shaped(value, (7, None)),
        lambda: between(value, 10, 20, shape=(7,)), lambda: differ(value, value, call="f"),
    ):  # fmt: skip
        with pytest.raises(CheckFailed):
            check()


@settings(deadline=None, max_examples=100)
@given(st.floats(-1e6, 1e6, width=32), st.floats(1e-3, 10.0))
def test_same_is_about_the_stated_tolerance(value, factor):
    want = torch.tensor([value, 1.0])
    tolerance = 1e-7 + 1e-5 * abs(value)
    got = want.double() + torch.tensor([factor * tolerance, 0.0], dtype=torch.float64)
    if factor < 0.999:
        same(got, want, dtype=torch.float64)
    elif factor > 1.001:
        with pytest.raises(CheckFailed):
            same(got, want, dtype=torch.float64)


def test_a_constant_factor_is_named_for_several_numbers_only():
    """Some factor fits any one number: `off by a factor of 1.007` would send a student looking for it."""
    assert "off by a constant factor of 1.007" in message(same, 1.007 * WANT.double(), WANT.double(), dtype=None)
    assert "factor" not in message(same, 1.007 * 2.5, 2.5)
    assert "off by a factor of 2" in message(same, 5.0, 2.5)
