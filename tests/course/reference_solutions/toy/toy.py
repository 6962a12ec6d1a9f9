# %% [markdown]
# # Mean and spread

# %%
import math


# %%
def mean(numbers):
    """The mean of a list of numbers."""
    # TODO 1: the sum divided by the count
    ### BEGIN SOLUTION
    return sum(numbers) / len(numbers)
    ### END SOLUTION


# %%
def spread(numbers):
    """The standard deviation, with 1/N."""
    # TODO 2: root of the mean squared deviation
    ### BEGIN SOLUTION
    centre = sum(numbers) / len(numbers)
    return math.sqrt(sum((x - centre) ** 2 for x in numbers) / len(numbers))
    ### END SOLUTION
