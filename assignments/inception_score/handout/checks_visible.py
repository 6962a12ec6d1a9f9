"""Visible checks: students run the same ones. Truth is computed here, in float64, never taken from the student."""

import math

import torch
import torch.nn.functional as F

from autograder.checks import check
from autograder.compare import require, same, shaped


@check(
    points=4, task="marginal", level="value",
    hint="p(y) is one number for each class: the mean over the images, dimension 0. It needs no softmax, because a mean of "
    "distributions is a distribution already.",
)  # fmt: skip
def check_marginal_is_the_mean_over_images(averaged, p):
    """The marginal is the mean of the rows, one number for each class"""
    want = p.mean(0)  # (7,)
    same(
        averaged, want, rtol=1e-5, dtype=None, call="marginal(p), p of shape (30, 7)",
        suspects={"the sum over images, not their mean": p.sum(0), "a softmax of what is a distribution already": want.softmax(0),
                  "the geometric mean: the logarithms are averaged": p.log().mean(0).exp(),
                  "the share of images whose likeliest class it is": F.one_hot(p.argmax(1), 7).double().mean(0)},
    )  # fmt: skip


@check(
    points=8, task="kl", level="value",
    hint="KL(p_n || q) = sum over classes of p_nk (log p_nk - log q_k): weighted by the row, natural logarithm, summed over the "
    "classes, one number for each row. q is an argument: do not compute a marginal here.",
)  # fmt: skip
def check_kl_rows_agree_with_closed_form(rows, p, q):
    """KL(p_n || q) of every row agrees with the closed form"""
    ratio = p.log() - q.log()  # (30, 7)
    want = (p * ratio).sum(1)  # (30,)
    same(
        rows, want, rtol=1e-4, atol=1e-5, dtype=None, call="kl_rows(p, q), p of shape (30, 7)",
        suspects={"KL(q || p), the other way round": -(q * ratio).sum(1), "base 2: log2 for log": want / math.log(2),
                  "a mean over the classes, where the sum belongs": want / 7,
                  "q is ignored: the KL to the marginal of p": (p * (p.log() - p.mean(0).log())).sum(1),
                  "the cross-entropy: log p is missing": -(p * q.log()).sum(1),
                  "minus the entropy: log q is missing": (p * p.log()).sum(1),
                  "not weighted by p": ratio.sum(1),
                  "a constant inside the logarithms, 0.001": (p * ((p + 1e-3).log() - (q + 1e-3).log())).sum(1),
                  "a constant inside the logarithms, 0.0001": (p * ((p + 1e-4).log() - (q + 1e-4).log())).sum(1)},
    )  # fmt: skip


@check(
    points=5, task="kl", level="value",
    hint="0 log 0 counts 0, but 0 * log(0) is NaN. Compute p * (log p - log q) and replace the terms with p = 0 by 0 "
    "(torch.where), or use a function that knows it: torch.special.xlogy, scipy.special.rel_entr.",
)  # fmt: skip
def check_kl_rows_survive_zeros(rows_with_zeros, zeros_p, zeros_q):
    """Probabilities that are exactly 0 count 0, also for a class that nobody shows"""
    want = torch.special.xlogy(zeros_p, zeros_p).sum(1) - torch.special.xlogy(zeros_p, zeros_q).sum(1)  # (29,)
    cause = "0 * log(0) is NaN; a term with p = 0 counts 0"
    answer = shaped(rows_with_zeros, (29,), dtype=None, call="kl_rows of rows with zeros", cause=cause)
    same(
        answer, want, rtol=1e-5, atol=1e-5, dtype=None, call="kl_rows of rows with zeros",
        suspects={"every row that holds a 0 is given up: is nan_to_num after the sum?": torch.zeros_like(want)},
    )  # fmt: skip


@check(
    points=7, task="score", level="value",
    hint="IS = exp(mean over images of KL(p(y|x) || p(y))): first the mean, then exp. One part has the standard deviation 0: it "
    "is that of the parts, not of the rows, and divides by their number.",
)  # fmt: skip
def check_score_of_all_rows(whole, p):
    """With one part, the score is exp of the mean KL to the marginal, and its standard deviation 0"""
    kl = _kl(p)  # (30,)
    reverse = (p.mean(0) * (p.mean(0).log() - p.log())).sum(1).mean()
    call = "mean of inception_score(p)"
    suspects = {
        "exp is missing": kl.mean(), "the mean of exp: average the KL first, then take exp": kl.exp().mean(),
        "exp of a sum over images": kl.sum().exp(), "base 2": 2 ** kl.mean(), "KL(p(y) || p(y|x)), the other way round":
        reverse.exp(), "p is taken for logits: a second softmax": _kl(p.softmax(1)).mean().exp(),
        "only the entropy of the rows": (p * p.log()).sum(1).mean().exp(), "exp of the median": kl.median().exp(),
        "the first ten rows or a tenth of them only: is splits 10?": _scores(p, 10).mean(),
    }  # fmt: skip
    for name in ("mean", "mean_of_one"):
        same(whole[name], kl.mean().exp(), rtol=1e-5, dtype=None, call=call, suspects=suspects)
    call = "standard deviation of inception_score(p), one part"
    cause = "that of one part is 0: the unbiased one divides by splits - 1 = 0"
    std = shaped(whole["std"], (), dtype=None, call=call, cause=cause)
    same(
        std, 0.0, atol=1e-9, dtype=None, call=call,
        suspects={"that of the rows, not of the parts": kl.std(correction=0),
                  "that of the rows' exp": kl.exp().std(correction=0)},
    )  # fmt: skip


@check(
    points=6, task="score", level="value",
    hint="Cut the rows in their order into consecutive parts of equal size. Each part gets a marginal of its own and a score of "
    "its own, exp included; then mean and standard deviation of the scores (divided by splits: correction=0).",
)  # fmt: skip
def check_score_of_five_parts(parts, p):
    """With five parts, each is scored by its own marginal; mean and standard deviation are those of the parts"""
    scores = _scores(p, 5)  # (5,)
    kls, of_all = scores.log(), torch.stack([part.mean() for part in _kl(p).tensor_split(5)]).exp()
    dealt = torch.stack([_kl(p[i::5]).mean().exp() for i in range(5)])
    same(
        parts["mean"], scores.mean(), rtol=1e-5, dtype=None, call="mean of inception_score(p, splits=5)",
        suspects={"splits is ignored": _kl(p).mean().exp(), "the marginal of all rows, not of the part": of_all.mean(),
                  "exp of the parts' mean: each part has a score of its own": kls.mean().exp(), "exp is missing": kls.mean(),
                  "the rows are dealt out in turn, not cut in their order": dealt.mean(), "the last part only": scores[-1],
                  "the first part only": scores[0], "the sum over parts": scores.sum()},
    )  # fmt: skip
    same(
        parts["std"], scores.std(correction=0), rtol=1e-5, dtype=None, call="standard deviation of inception_score(p, splits=5)",
        suspects={"divided by splits - 1": scores.std(), "the variance, not its root": scores.var(correction=0),
                  "the standard error: divided by the root of splits": scores.std(correction=0) / 5**0.5,
                  "that of the KL, before exp": kls.std(correction=0), "that of the rows": _kl(p).std(correction=0),
                  "always 0": 0.0},
    )  # fmt: skip


@check(
    points=6, task="entropies", level="value",
    hint="H(y): average the rows first, then take the entropy. H(y|x): take the entropy of each row, then average over the "
    "images. Both are sums over classes with a minus in front, in nats, H(y) first.",
)  # fmt: skip
def check_entropies_agree_with_closed_form(halves, p):
    """H(y) and H(y|x) agree with their definitions"""
    of_marginal, of_rows = _entropy(p.mean(0)), _entropy(p).mean()
    wrong = {"of_marginal": of_rows, "of_rows": of_marginal}
    for name, want in (("of_marginal", of_marginal), ("of_rows", of_rows)):
        call = f"{'H(y)' if name == 'of_marginal' else 'H(y|x)'} of entropies(p)"
        suspects = {"the two are swapped": wrong[name], "base 2": want / math.log(2), "the mean over the classes": want / 7,
                    "a sum over images, not their mean": 30 * want, "the sign": -want}  # fmt: skip
        same(halves[name], want, rtol=1e-5, dtype=None, call=call, suspects=suspects)


@check(
    points=5, task="range", level="value",
    hint="uint8 is divided by 255 after the conversion to float; floats in [0, 1] stay as they are. The classifier knows no "
    "other range, [-1, 1] neither.",
)  # fmt: skip
def check_images_are_brought_to_unit_range(in_range, byte_images, float_images):
    """Bytes are divided by 255, floats in [0, 1] stay as they are; float32 comes out"""
    got = byte_images.double()
    same(
        in_range["bytes"], got / 255, rtol=1e-5, atol=1e-6, call="to_unit_range of uint8 images",
        suspects={"not divided by 255": got, "[-1, 1], as for a tanh": got / 127.5 - 1, "divided by 256": got / 256,
                  "divided before the conversion: everything is 0": 0 * got,
                  "each batch stretched from its smallest to its largest pixel": (got - got.min()) / (got.max() - got.min())},
    )  # fmt: skip
    same(
        in_range["floats"], float_images, rtol=1e-6, atol=1e-6, call="to_unit_range of float32 images in [0, 1]",
        suspects={"divided by 255": float_images / 255, "taken for [-1, 1]": (float_images + 1) / 2,
                  "[-1, 1], as for a tanh": float_images * 2 - 1},
    )  # fmt: skip


@check(
    points=6, task="predict", level="value",
    hint="Collect the probabilities of each batch and torch.cat them: N rows, also when the last batch is smaller. Softmax over "
    "the classes (dimension 1), once: the model gives logits.",
)  # fmt: skip
def check_probabilities_of_every_image(predicted, float_images, matrix, offset):
    """predict_probs gives the softmax of the model's logits for every image, in order"""
    logits = _logits(float_images, matrix, offset)  # (23, 7)
    want = logits.softmax(1)
    call = "predict_probs(model, images, batch_size=5) of 23 images"
    answer = shaped(predicted, (None, 7), dtype=None, call=call)
    require(
        len(answer) == 23, expected="23 rows, one for each image", got=f"{len(answer)} rows", call=call,
        cause={20: "the last, smaller batch is missing", 3: "the last batch only?", 5: "one batch only?"}.get(len(answer), ""),
    )  # fmt: skip
    by_batch = torch.cat([part.softmax(0) for part in logits.split(5)])
    same(
        answer, want, rtol=1e-4, atol=1e-6, dtype=None, call=call,
        suspects={"softmax is missing: these are logits": logits, "softmax twice": want.softmax(1),
                  "logarithms of probabilities": want.log(), "the model is in training mode": (2 * logits).softmax(1),
                  "softmax over the images, not over the classes": by_batch, "a sigmoid, not a softmax": logits.sigmoid(),
                  "the likeliest class alone, as a one-hot row": F.one_hot(want.argmax(1), 7)},
    )  # fmt: skip


@check(
    points=5, task="predict", level="wiring",
    hint="Remember model.training, call model.eval(), and at the end model.train(was_training): a model that came in training "
    "mode goes back to it, one that came in evaluation mode stays there.",
)  # fmt: skip
def check_model_is_in_evaluation_mode(modes):
    """The model answers in evaluation mode and is handed back in the mode in which it came"""
    for name, mode in (("train", "training"), ("eval", "evaluation")):
        during = shaped(modes[f"during_{name}"], (23,), dtype=torch.int64, call=f"mode at each image, model came in {mode} mode")
        require(
            bool((during == 0).all()), expected="evaluation mode at every image", got="training mode",
            call=f"predict_probs of a model that came in {mode} mode", cause="is model.eval() missing? It sets every part's mode",
        )  # fmt: skip
        after = shaped(modes[f"after_{name}"], (2,), dtype=torch.int64, call="mode of model and part afterwards")
        want, other = (1, "evaluation") if name == "train" else (0, "training")
        require(
            bool((after == want).all()), expected=f"{mode} mode again", got=f"{other} mode",
            call=f"a model that came in {mode} mode, after predict_probs",
            cause="the mode in which it came is not given back" if want else "model.train() without its old mode?",
        )  # fmt: skip


@check(
    points=5, task="chain", level="wiring",
    hint="This runs predict_probs and inception_score as you hand them in, with a linear classifier for Fashion-MNIST. If it "
    "fails alone, look at how the parts are put together; otherwise mend what the other checks name first.",
)  # fmt: skip
def check_images_get_the_right_scores(chain, sets, fitted):
    """From images to scores: six sets of clothes, blurred, repeated, of one class, and noise"""
    x = F.avg_pool2d(sets.flatten(0, 1).double() / 255, 2).flatten(1)  # (1440, 196)
    p = (x @ fitted[:, :-1].double().T + fitted[:, -1].double()).softmax(1).unflatten(0, (6, 240))
    names = ("real images", "images of five classes", "images of one class", "ten images, repeated", "blurred images", "noise")
    require(len(chain) == 6, expected="6 scores", got=f"{len(chain)}", call="scores of six sets")
    for name, rows, got in zip(names, p, chain, strict=True):
        same(got, _kl(rows).mean().exp(), rtol=1e-3, dtype=None, call=f"score of 240 {name}", suspects={
            "a second softmax": _kl(rows.softmax(1)).mean().exp()})  # fmt: skip


def _kl(p):
    """KL of each row (N, K) to their mean: (N,)."""
    q = p.mean(0)
    return (torch.special.xlogy(p, p) - torch.special.xlogy(p, q)).sum(1)


def _scores(p, splits):
    """The score of each part: (splits,)."""
    return torch.stack([_kl(part).mean().exp() for part in p.tensor_split(splits)])


def _entropy(p):
    """Entropy along the last dimension, in nats."""
    return -torch.special.xlogy(p, p).sum(-1)


def _logits(images, matrix, offset):
    """What the stand-in classifier says: (N, 7), float64."""
    return images.double().flatten(1) @ matrix.double() + offset.double()
