"""The standard library's functions."""

import statistics

mean = statistics.fmean
spread = statistics.pstdev
