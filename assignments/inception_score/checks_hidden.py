"""Hidden checks: what a formula that is right on easy numbers can still get wrong. Judged in the grade only."""

import math

import torch

from autograder.checks import check
from autograder.compare import between, differ, near, require, same, shaped


@check(
    points=5, task="kl", level="value",
    hint="A constant inside a logarithm, log(p + 1e-6), or probabilities clamped from below are not small beside a class that "
    "occurs once in 10,000 images. Treat p = 0 as a case of its own (torch.where, xlogy), and leave the other terms alone.",
)  # fmt: skip
def check_kl_rows_hold_for_rare_classes(rows_of_rare_classes, rare_p, rare_q):
    """The KL to a class that occurs once in 10,000 images is right"""
    want = _kl(rare_p, rare_q)  # (6,)
    shifted = {f"a constant inside the logarithm, {c:g}": (rare_p * ((rare_p + c).log() - (rare_q + c).log())).sum(1)
               for c in (1e-3, 1e-4, 1e-5, 1e-6)}  # fmt: skip
    clamped = {f"probabilities clamped at {c:g}": (rare_p * (rare_p.clamp_min(c) / rare_q.clamp_min(c)).log()).sum(1)
               for c in (1e-2, 1e-3)}  # fmt: skip
    same(rows_of_rare_classes, want, rtol=1e-4, dtype=None, call="kl_rows for rare classes", suspects={
        **shifted, **clamped, "base 2": want / math.log(2)})  # fmt: skip


@check(
    points=4, task="kl", level="value",
    hint="Sizes are read from p, not written as numbers, and float32 has to do as well: there a confident softmax gives exact "
    "zeros, and a class that no image shows has q = 0.",
)  # fmt: skip
def check_kl_rows_in_float32(rows_in_float32, single_p, single_q):
    """1,008 classes in float32, many of them rounded to 0"""
    want = _kl(single_p, single_q)  # (11,)
    cause = "0 * log(0) is NaN; a term with p = 0 counts 0"
    answer = shaped(rows_in_float32, (11,), dtype=None, call="kl_rows of float32 rows (11, 1008)", cause=cause)
    same(answer, want, rtol=1e-4, atol=1e-5, dtype=None, call="kl_rows of float32 rows (11, 1008)", suspects={
        "KL(q || p), the other way round": _kl(single_q[None], single_p)})  # fmt: skip


@check(
    points=5, task="score", level="value",
    hint="p.tensor_split(splits) cuts into exactly `splits` parts whose sizes differ by one at most. chunk(splits) makes parts "
    "of ceil(N / splits) rows, and so fewer of them; N // splits rows in each part leave rows out.",
)  # fmt: skip
def check_score_of_uneven_parts(uneven_parts, odd_p):
    """23 rows in 5 parts and in 14 parts: no row is left out, no part is missing"""
    for name, n in (("five", 5), ("fourteen", 14)):
        right, other = _scores(odd_p.tensor_split(n)), _scores(_even_bounds(odd_p, n))
        got = shaped(uneven_parts[name]["mean"], (), dtype=None, call=f"inception_score of 23 rows in {n} parts")
        # Two ways of cutting into sizes that differ by one are both in use; the nearer one is the one to compare with.
        want = min((right, other), key=lambda scores: abs(float(scores.mean()) - float(got)))
        short = 23 // n
        start = short * (n - 1)
        suspects = {
            "chunk: fewer parts than asked for": _scores(odd_p.chunk(n)),
            "rows are left out: N // splits rows in each part": _scores(odd_p[: short * n].split(short)),
            "too many parts: what is left over is a part of its own": _scores(odd_p.split(short)),
            "splits is ignored": _scores([odd_p]),
            "the last part takes all that is left over": _scores([*odd_p[:start].split(short), odd_p[start:]]),
        }  # fmt: skip
        for what, of in (("mean", torch.mean), ("std", lambda scores: scores.std(correction=0))):
            same(
                uneven_parts[name][what], of(want), rtol=1e-5, dtype=None, call=f"{what} of the scores of 23 rows in {n} parts",
                suspects={mistake: of(scores) for mistake, scores in suspects.items()},
            )  # fmt: skip


@check(
    points=4, task="score", level="value",
    hint="A generator that makes one and the same image has the score 1, and one that makes every class equally often and "
    "clearly has K. Both have exact zeros in p and in the marginal.",
)  # fmt: skip
def check_score_of_extreme_generators(extremes):
    """One class only, without doubt: score 1. Every class equally often, without doubt: score K"""
    for name, want in (("collapsed", 1.0), ("perfect", 9.0)):
        what = "one class only" if name == "collapsed" else "nine classes, each eight times"
        call = f"mean of inception_score of sure rows, {what}"
        score = shaped(extremes[name], (), dtype=None, call=call, cause="zeros in p or in the marginal, and a logarithm of them?")
        same(score, want, rtol=1e-5, dtype=None, call=call, suspects={"exp is missing": math.log(want)})


@check(
    points=6, task="score", level="distribution",
    hint="With a generator, shuffle the rows before they are cut: p[torch.randperm(len(p), generator=generator)]. The generator "
    "alone decides: no seed of your own, no torch.manual_seed, no randomness without it. Without a generator the order stays.",
)  # fmt: skip
def check_score_shuffles_with_the_generator(shuffled, sorted_p, orders):
    """Rows sorted by class: far too low a score in their order, the right one once the generator has shuffled them"""
    in_order = _scores(sorted_p.tensor_split(6)).mean()
    by_chance = torch.stack([_scores(sorted_p[order].tensor_split(6)).mean() for order in orders])  # (200,)
    call = "mean of inception_score(p, splits=6), rows sorted by class"
    usual, spread = float(by_chance.mean()), 8 * float(by_chance.std())
    plain = shaped(shuffled["plain"], (), dtype=None, call=call)
    mixed = {"shuffled, although there is no generator": plain} if abs(float(plain) - usual) <= spread else {}
    same(plain, in_order, rtol=1e-5, dtype=None, call=call, suspects={"splits is ignored": _scores([sorted_p]).mean(), **mixed})
    for name in ("first", "next"):
        near(shuffled[name], usual, spread, dtype=None, call=f"{call}, shuffled by the generator", suspects={
            "the rows keep their order: is the generator used, and on the rows?": in_order})  # fmt: skip
    differ(shuffled["first"], shuffled["next"], call=f"{call}, twice with one generator", atol=1e-12,
           cause="a fixed seed inside? The generator moves on by itself")  # fmt: skip
    same(
        shuffled["again"], shuffled["first"], rtol=1e-9, dtype=None, call=f"{call}, with a generator of the same seed",
        suspects={"torch's own generator decides, not the one that was given": shuffled["again"]},
    )  # fmt: skip


@check(
    points=5, task="entropies", level="value",
    hint="0 log 0 counts 0, in the rows and in the marginal: torch.special.entr or xlogy know it. Then log IS = H(y) - H(y|x) "
    "holds exactly.",
)  # fmt: skip
def check_entropies_survive_zeros(halves_with_zeros, zeros_p):
    """Exact zeros count 0, and the difference of the entropies is the logarithm of the score"""
    cause = "0 * log(0) is NaN; 0 log 0 counts 0"
    of_marginal, of_rows = (
        between(halves_with_zeros[name], 0, math.log(6), dtype=None, call=f"{shown} of rows with zeros", cause=cause)
        for name, shown in (("of_marginal", "H(y)"), ("of_rows", "H(y|x)"))
    )
    score = _kl(zeros_p, zeros_p.mean(0)).mean()
    apart = of_marginal.double() - of_rows.double()
    same(apart, score, rtol=1e-5, atol=1e-6, dtype=None, call="H(y) - H(y|x) of rows with zeros")
    same(of_rows, -torch.special.xlogy(zeros_p, zeros_p).sum(1).mean(), rtol=1e-5, dtype=None, call="H(y|x) of rows with zeros",
         suspects={"rows with a 0 are left out": 0.0})  # fmt: skip


@check(
    points=5, task="range", level="value",
    hint="The dtype decides, not the pixels: a dark uint8 image has no pixel above 1 and still runs from 0 to 255. Floats below "
    "0 or above 1 are a mistake of whoever made them: raise ValueError, do not clamp or rescale. What comes out is float32, also "
    "of float64, and the images handed over stay as they are.",
)  # fmt: skip
def check_nothing_is_guessed(odd_range, refusals, dark_images, float_images):
    """Dark bytes are bytes; floats outside [0, 1] are refused; the images handed over stay as they are"""
    same(odd_range["dark"], dark_images.double() / 255, rtol=1e-5, call="to_unit_range of uint8 images without a pixel above 1",
         suspects={"guessed from the largest pixel: not divided by 255": dark_images.double()})  # fmt: skip
    same(odd_range["double"], float_images, rtol=1e-5, call="to_unit_range of float64 images in [0, 1]")
    same(odd_range["kept"], float_images, rtol=0, atol=0, call="the images that to_unit_range was given, afterwards", suspects={
        "changed in place": odd_range["kept"]})  # fmt: skip
    shown = {"tanh": "images in [-1, 1]", "bytes as floats": "float images up to 255", "one pixel": "one pixel below 0"}
    for name, images in shown.items():
        raised = refusals[name]
        require(
            raised == "ValueError", expected="ValueError", got=raised or "an answer", call=f"to_unit_range of {images}",
            cause="" if raised else "clamped, rescaled or guessed?",
        )  # fmt: skip


@check(
    points=4, task="predict", level="value",
    hint="exp(300) is infinite in float32. torch.softmax(logits, 1) takes the largest logit off first.",
)  # fmt: skip
def check_probabilities_of_large_logits(predicted_steep, float_images, steep_matrix, offset):
    """Logits of several hundred still give probabilities"""
    logits = float_images.double().flatten(1) @ steep_matrix.double() + offset.double()  # (23, 7)
    call = "predict_probs of a model whose logits are several hundred"
    rows = between(predicted_steep, 0, 1 + 1e-6, shape=(23, 7), dtype=None, call=call, cause="exp overflows")
    same(rows, logits.softmax(1), rtol=1e-2, atol=1e-4, dtype=None, call=call)


@check(
    points=5, task="predict", level="wiring",
    hint="Go through images.split(batch_size) under torch.no_grad(): each image once, in order, at most batch_size at a time, "
    "brought to [0, 1] by your own to_unit_range. no_grad as a context ends by itself; torch.set_grad_enabled(False) does not.",
)  # fmt: skip
def check_each_image_goes_through_once(calls):
    """Each image goes through the model once, in order, in batches, in [0, 1] and without gradients"""
    own = shaped(calls["own_pixels"], (23, 90), dtype=torch.float64, call="to_unit_range of the images")
    call = "pixels that the model was given, batch_size=5"
    got = shaped(calls["pixels"], (None, 90), dtype=torch.float64, call=call)
    require(len(got) == 23, expected="23 images", got=str(len(got)), call=call, cause="images left out, or asked twice")
    between(got, 0, 1, dtype=torch.float64, call=call, cause="is to_unit_range called on every batch?")
    shuffled = float((got.sum(1).sort().values - own.sum(1).sort().values).abs().max()) < 1e-3
    suspects = {"the order is another": got} if shuffled else {}
    same(got, own, rtol=1e-5, atol=1e-6, dtype=torch.float64, call=call, suspects=suspects)
    number = shaped(calls["call"], (23,), dtype=torch.int64, call="number of the call that each image came in")
    steps = number.diff()
    require(
        int(number[0]) == 0 and bool(((steps == 0) | (steps == 1)).all()), expected="calls numbered 0, 1, 2 ...",
        got=str(number.tolist()), call="number of the call that each image came in",
    )  # fmt: skip
    largest = int(number.bincount().max())
    require(largest <= 5, expected="at most 5 images", got=f"{largest}", call="largest batch of predict_probs, batch_size=5",
            cause="is batch_size ignored?")  # fmt: skip
    gradients = shaped(calls["gradients"], (23,), dtype=torch.int64, call="whether gradients were on, at each image")
    require(bool((gradients == 0).all()), expected="no gradients", got="gradients", call="the model's calls",
            cause="is torch.no_grad() missing?")  # fmt: skip
    require(calls["tracked"] is False, expected="probabilities without gradients", got="with gradients", call="predict_probs")
    require(calls["enabled_after"] is True, expected="gradients on again", got="off", call="after predict_probs",
            cause="torch.set_grad_enabled(False) stays: use torch.no_grad() as a context")  # fmt: skip


def _kl(p, q):
    """KL of each row (N, K) to q: (N,), float64."""
    p, q = p.double(), q.double()
    return (torch.special.xlogy(p, p) - torch.special.xlogy(p, q)).sum(1)


def _scores(parts):
    """The score of each part."""
    return torch.stack([_kl(part, part.mean(0)).mean().exp() for part in parts])


def _even_bounds(p, splits):
    """The parts from row s N // splits to row (s + 1) N // splits, as the first published code cut them."""
    n = len(p)
    return [p[s * n // splits : (s + 1) * n // splits] for s in range(splits)]
