# %% [markdown]
# # Mean and spread

# %%
import math


# %%
def mean(numbers):
    """The mean of a list of numbers."""
    # TODO 1: the sum divided by the count
    raise NotImplementedError("TODO 1: mean")


# %%
def spread(numbers):
    """The standard deviation, with 1/N."""
    # TODO 2: root of the mean squared deviation
    raise NotImplementedError("TODO 2: spread")
