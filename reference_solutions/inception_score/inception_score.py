# %% [markdown]
# # Inception Score
#
# How good are a thousand generated images? The Inception Score asks a classifier. It says of every image x how probable it
# finds each class, p(y|x). Two things are wanted:
#
# - each image shows *something*: p(y|x) is sure of one class;
# - the images show *different* things: their mean p(y) is spread over the classes.
#
# Both together mean that p(y|x) is far from p(y), and the score measures how far:
#
#     IS  =  exp( E_x[ KL( p(y|x) || p(y) ) ] ),        1 <= IS <= K
#
# Source: Salimans et al., *Improved Techniques for Training GANs*, arXiv:1606.03498, section 4.
#
# Sizes: N images, K classes. A row of p (N, K) is p(y|x) of one image: K numbers >= 0 that add up to 1. Logarithms are
# natural. Work in float64 where p is float64: metrics are no place to save memory.

# %%
"""Inception Score of a set of images, given a classifier (Salimans et al. 2016, arXiv:1606.03498, section 4)."""

import torch
from torch import Tensor, nn

# %% [markdown]
# ## TODO 1 · The marginal
# Over all images together, how often does each class occur? Salimans et al. estimate p(y) by the mean of the rows:
#
#     p(y)  =  1/N sum_n p(y|x_n)


# %%
def marginal(p: Tensor) -> Tensor:
    """p(y), the mean of p(y|x) over the images. p: (N, K). Returns (K,)."""
    # TODO 1: the mean over images
    ### BEGIN SOLUTION
    return p.mean(0)  # (N, K) -> (K,)
    ### END SOLUTION


# %% [markdown]
# ## TODO 2 · KL of each row
# How far is the classifier's answer for one image from q?
#
#     KL( p_n || q )  =  sum_k p_nk ( log p_nk - log q_k )
#
# Probabilities that are exactly 0 are no accident: a confident softmax in float32 rounds to 0, and a class that no image shows
# has q_k = 0. A term with p_nk = 0 counts 0, because t log t goes to 0 with t. Computed naively it is 0 * (-inf) = NaN, and one
# such number spoils the whole score. Take care of it without moving the other terms: a constant inside the logarithm, such as
# log(p + 1e-6), changes the KL to a rare class.


# %%
def kl_rows(p: Tensor, q: Tensor) -> Tensor:
    """KL(p_n || q) in nats, one number for each row; a term with p = 0 is 0. p: (N, K). q: (K,). Returns (N,)."""
    # TODO 2: p times the difference of the logarithms, summed over the classes, 0 where p is 0
    ### BEGIN SOLUTION
    log_ratio = p.log() - q.log()  # (N, K): not finite where p is 0
    terms = torch.where(p > 0, p * log_ratio, torch.zeros_like(p))  # (N, K)
    return terms.sum(1)  # (N,)
    ### END SOLUTION


# %% [markdown]
# ## TODO 3 · The score
# Salimans et al. cut the images into parts, take the score of each, and report mean and standard deviation:
#
#     IS_s  =  exp( mean of KL( p_n || p_s(y) ) over the images n of part s ),        p_s(y) = the marginal of part s
#
# Three things to know about parts:
#
# - a small part cannot show every class as often as it should, so its score is too low: numbers with different `splits` cannot
#   be compared, and `splits=1` is the least biased;
# - the parts are cut from the rows *in their order*. If the images come sorted by class, each part shows a few classes only, and
#   the score is far too low. Hence `generator`: if there is one, the rows are shuffled with it first;
# - the standard deviation is that of the parts as they are (divided by `splits`, not by `splits` - 1), so that one part has 0.


# %%
def inception_score(p: Tensor, splits: int = 1, generator: torch.Generator | None = None) -> tuple[float, float]:
    """Mean and standard deviation of the Inception Score over `splits` consecutive parts of the rows.

    p: (N, K). If splits does not divide N, the sizes differ by one, the larger parts first, as torch.tensor_split cuts.
    generator: shuffles the rows before they are cut; None keeps their order.
    """
    # TODO 3: shuffle if there is a generator, cut, score each part by its own marginal
    ### BEGIN SOLUTION
    if generator is not None:
        p = p[torch.randperm(len(p), generator=generator)]  # (N, K)
    parts = p.tensor_split(splits)
    scores = torch.stack([kl_rows(part, marginal(part)).mean().exp() for part in parts])  # (splits,)
    return float(scores.mean()), float(scores.std(correction=0))
    ### END SOLUTION


# %% [markdown]
# ## TODO 4 · What the score is made of
# A low score does not say what is wrong. Its logarithm does, because it is a difference of two entropies (Barratt and Sharma,
# *A Note on the Inception Score*, arXiv:1801.01973):
#
#     log IS  =  H(y) - H(y|x),        H(y) = - sum_k p(y=k) log p(y=k),        H(y|x) = 1/N sum_n ( - sum_k p_nk log p_nk )
#
# H(y) is at most log K: it falls when classes are missing. H(y|x) is at least 0: it rises when the images show nothing clearly.
# As in TODO 2, 0 log 0 counts 0.


# %%
def entropies(p: Tensor) -> tuple[Tensor, Tensor]:
    """H(y) of the marginal, and H(y|x), the mean entropy of the rows; both scalars in nats. p: (N, K)."""
    # TODO 4: the entropy of the mean row, and the mean of the rows' entropies
    ### BEGIN SOLUTION
    of_marginal = torch.special.entr(p.mean(0)).sum()  # entr(t) = -t log t, and 0 for t = 0
    of_rows = torch.special.entr(p).sum(1).mean()  # (N, K) -> (N,) -> scalar
    return of_marginal, of_rows
    ### END SOLUTION


# %% [markdown]
# ## TODO 5 · One range for all images
# The classifier was trained on float32 pixels in [0, 1]. Images come as bytes from 0 to 255, or as floats. A wrong range does not
# crash: it only makes another score. So nothing is guessed here:
#
# - `uint8`: 0 to 255, always, however dark the image is;
# - floating point: has to lie in [0, 1] already. Anything else, such as tanh images in [-1, 1], is refused with a ValueError: who
#   made them knows how to bring them to [0, 1].


# %%
def to_unit_range(images: Tensor) -> Tensor:
    """float32 images in [0, 1]. images: (N, C, H, W), uint8, or floating point in [0, 1]; other floats: ValueError."""
    # TODO 5: the dtype decides
    ### BEGIN SOLUTION
    if images.dtype == torch.uint8:
        return images.float() / 255
    if images.min() < 0 or images.max() > 1:
        raise ValueError(f"images from {images.min():.3g} to {images.max():.3g}: expected [0, 1]")
    return images.float()
    ### END SOLUTION


# %% [markdown]
# ## TODO 6 · What the classifier says
# Put the images through the classifier, `batch_size` at a time, each image once and in order, and turn its logits into
# probabilities.
#
# - The model has to be in evaluation mode while it answers, and has to be handed back in the mode in which it came: whoever calls
#   you in the middle of a training run does not expect dropout to be off afterwards.
# - No gradients: without `torch.no_grad()` the graphs of all batches stay in memory.
# - The last batch may be smaller.
# - A softmax of logits such as 200 overflows if it is written as exp(l) / sum exp(l). `torch.softmax` does not.


# %%
def predict_probs(model: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    """p(y|x) of every image. model: float32 images (B, C, H, W) in [0, 1] -> logits (B, K).

    images: (N, C, H, W), brought to [0, 1] by to_unit_range. Returns (N, K), rows in the order of the images.
    """
    # TODO 6: evaluation mode and no gradients, batch by batch, softmax; then the mode that the model came in
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    rows = []
    with torch.no_grad():
        for batch in images.split(batch_size):  # (B, C, H, W)
            logits = model(to_unit_range(batch))  # (B, K)
            rows.append(logits.softmax(1))
    model.train(was_training)
    return torch.cat(rows)  # (N, K)
    ### END SOLUTION


# %% [markdown]
# ## Try it
# Any classifier will do, as long as all generators are judged by the same one. With a `classifier` and `images` of your own:
#
#     p = predict_probs(classifier, images)
#     print(inception_score(p), entropies(p))
#
# Then damage the images and look again: blur them, keep one class, repeat ten images a hundred times, turn them upside down.
# Which damage does the score see, and which does it not see?
