"""Hidden checks of `toy`."""

import statistics

from autograder.checks import check
from autograder.compare import same


@check(points=40, task="spread", hint="Root of the mean squared deviation, with 1/N.")
def check_spread_value(spread, numbers):
    """the spread is the root of the mean squared deviation"""
    same(spread["value"], statistics.pstdev(numbers), call="spread(numbers)")
