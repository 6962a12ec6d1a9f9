"""Visible checks of `toy`."""

import statistics

from autograder.checks import check
from autograder.compare import same


@check(points=40, task="mean", hint="Divide the sum by the count.")
def check_mean(mean, numbers):
    """the mean is the sum divided by the count"""
    same(mean, sum(numbers) / len(numbers), call="mean(numbers)", suspects={"that is the sum": sum(numbers)})


@check(points=20, task="spread", level="distribution", hint="A shift of all numbers moves the mean, not the spread.")
def check_spread_ignores_a_shift(spread, numbers):
    """the spread does not change when all numbers shift"""
    same(spread["shifted"], spread["value"], call="spread(numbers + 10)")
    same(spread["value"], statistics.pstdev(numbers), rtol=0.2, call="spread(numbers)")
