"""Judged in the grade only: 42 points. The hints are shown when a check fails; what was expected is not."""

import torch
import torch.nn.functional as F

from autograder.checks import check
from autograder.compare import above, below, between, differ, require, same, shaped
from autograder.metrics import cache, gates, real_draws
from autograder.metrics.embedded import embedded, encoder_from
from autograder.metrics.frechet import frechet_distance
from autograder.metrics.gaussian import gaussian_from
from autograder.metrics.manifold import coverage

RATE_D, RATE_G = 0.02, 1.0
"""Learning rates of the stand-in networks' plain gradient descent."""
QUERIES = 200
"""Images that are compared with every training image, over shifts and flips."""
LEARNED = 0.6
"""Share of a flat grey's FID, which an untrained generator has, that 100 steps have to undercut; right answers: see design.md."""


@check(
    points=3, task="d_loss", level="value",
    hint="Do not form the sigmoid and take its logarithm: sigmoid(30) is 1 in float32, and log(1 - 1) is minus infinity. "
    "softplus, logsigmoid and binary_cross_entropy_with_logits work on logits and are stable.",
)  # fmt: skip
def check_d_loss_stable(discriminator_loss_sure, sure_real, sure_fake):
    """d_loss is right for logits as large as 220"""
    real, fake = sure_real.double(), sure_fake.double()
    same(
        discriminator_loss_sure, F.softplus(-real).mean() + F.softplus(fake).mean(), rtol=1e-5,
        call="d_loss(real_logits, fake_logits) for logits as large as 220",
        suspects={"the logarithm of a sigmoid that was rounded to 0 or 1": _clamped(-real) + _clamped(fake)},
    )  # fmt: skip


@check(
    points=3, task="d_loss", level="gradient",
    hint="The gradient of d_loss with respect to a logit is (D - 1) / B for a real image and D / B for a generated one. A "
    "detach(), an item() or a rounding loses it; a clamp or an epsilon in a logarithm loses it where D is sure.",
)  # fmt: skip
def check_d_loss_gradient(discriminator_loss_gradient, real_logits, fake_logits, sure_real, sure_fake):
    """The gradient of d_loss is (D - 1) / B at real and D / B at generated images, also where D is sure"""
    for name, logits, label in (
        ("real", real_logits, 1), ("fake", fake_logits, 0), ("sure_real", sure_real, 1), ("sure_fake", sure_fake, 0)
    ):  # fmt: skip
        want = (logits.double().sigmoid() - label) / len(logits)  # (7, 1)
        kind = "real_logits" if label else "fake_logits"
        same(
            discriminator_loss_gradient[name], want, rtol=1e-4, atol=1e-7, call=f"gradient of d_loss with respect to {kind}",
            suspects={"no gradient": torch.zeros_like(want), "a sum over the batch, where the mean belongs": len(want) * want,
                      "half of it": want / 2, "the label is the other one": (logits.double().sigmoid() - 1 + label) / len(want)},
        )  # fmt: skip


@check(
    points=2, task="g_loss", level="value",
    hint="Work on the logits: softplus(-fake_logits), or binary_cross_entropy_with_logits. The logarithm of a sigmoid "
    "overflows.",
)  # fmt: skip
def check_g_loss_stable(generator_loss_sure, sure_fake):
    """g_loss is right for logits as large as 220"""
    fake = sure_fake.double()
    same(
        generator_loss_sure, F.softplus(-fake).mean(), rtol=1e-5, call="g_loss(fake_logits) for logits as large as 220",
        suspects={"the logarithm of a sigmoid that was rounded to 0 or 1": _clamped(-fake)},
    )  # fmt: skip


@check(
    points=5, task="g_loss", level="gradient",
    hint="The gradient of -log D(G(z)) with respect to the logit is (D - 1) / B: -1 / B where D is sure that the image is not "
    "real. There the saturating loss log(1 - D) has gradient 0, and G never starts to learn.",
)  # fmt: skip
def check_g_loss_gradient(generator_loss_gradient, fake_logits, sure_fake):
    """The gradient of g_loss is (D - 1) / B, largest where D is sure that an image is not real"""
    for name, logits in (("fake", fake_logits), ("sure_fake", sure_fake)):
        d = logits.double().sigmoid()
        want = (d - 1) / len(d)  # (7, 1)
        same(
            generator_loss_gradient[name], want, rtol=1e-4, atol=1e-7, call="gradient of g_loss with respect to fake_logits",
            suspects={"the saturating loss": -d / len(d), "label 0 for G's images": d / len(d), "half of it": want / 2,
                      "no gradient": torch.zeros_like(want), "a sum over the batch, where the mean belongs": len(d) * want},
        )  # fmt: skip


@check(
    points=6, task="steps", level="training",
    hint="Each step alone is right only if nothing is left over from the one before: optimizer.zero_grad() before backward(), "
    "in both functions. g_step's backward() fills the gradients of D too, so a zero_grad() only after d_step is too "
    "early.",
)  # fmt: skip
def check_steps_in_a_row(rounds, matrix, weight, bias, many_x, many_z):
    """Three pairs of steps in a row end where Algorithm 1 does: no gradient of one step leaks into another"""
    networks = _after_rounds(matrix, weight, bias, many_x, many_z)
    leaking = _after_rounds(matrix, weight, bias, many_x, many_z, zero_d=False)
    growing = _after_rounds(matrix, weight, bias, many_x, many_z, zero_g=False)
    for name, what in (("weight", "weights of D"), ("bias", "bias of D"), ("matrix", "weights of G")):
        same(
            rounds[name], networks[name], rtol=1e-3, atol=1e-5, call=f"{what} after d_step, g_step, three times",
            suspects={"gradients of earlier steps are left in D": leaking[name],
                      "gradients of earlier steps are left in G": growing[name]},
        )  # fmt: skip


@check(
    points=3, task="steps", level="training",
    hint="Your networks, first weights, steps and prepare are put together and trained for 100 steps of Adam. If every other "
    "check passes, look at the networks: a dead layer, a D far too strong for G? Does D see real and generated images in "
    "one batch? Batch normalisation then shows it which is which in d_step, and not in g_step: two batches.",
)  # fmt: skip
def check_short_training(trained, real_statistics):
    """After 100 steps of your own functions on your own networks, G's images have left the flat grey that they begin with"""
    call = "G(z) after 100 steps"
    images = shaped(trained["images"], (1000, 1, 28, 28), dtype=torch.uint8, call=call, cause="did the training diverge?")
    few = between(trained["few"], -1.001, 1.001, shape=(7, 1, 28, 28), call=call, cause="did the training diverge?")
    same(images[3:10].double() / 127.5 - 1, few, rtol=0, atol=0.009, dtype=None, call="the same z with other z in the batch")
    grey = torch.full((2, 1, 28, 28), 128, dtype=torch.uint8)
    found, start = (_fid(embedded("fashion_mnist"), each, real_statistics) for each in (images, grey))
    require(
        found <= LEARNED * start, call="FID of 1,000 images after 100 steps", got=f"{found:.0f}",
        expected=f"at most {LEARNED * start:.0f}, where flat grey has {start:.0f}",
        cause="did G learn nothing, or lose to a D that is sure of everything?",
    )  # fmt: skip


@check(
    points=4, task="training", level="wiring",
    hint="Each image has to follow from its own z, and to change smoothly with it: no noise drawn inside G, no table of "
    "images, no batch statistics when you sample. Images that do not differ at all mean that G has collapsed.",
)  # fmt: skip
def check_images_follow_z(walks, ends):
    """Equal z give equal images, different z different ones, and from one z to another the image changes step by step"""
    count = ends.shape[1]
    along = between(walks["along"], -1.001, 1.001, shape=(count, 25, 28, 28), call="G(z) along nine walks", cause="diverged?")
    arrived = shaped(walks["arrived"], (count, 1, 28, 28), call="G(z) at the ends of the walks")
    same(arrived[:, 0], along[:, -1], rtol=0, atol=2e-3, call="the same z, with other z in the batch", suspects={
        "images come in another order": along[:, -1].flip(0)})  # fmt: skip
    differ(arrived[:-1], arrived[1:], call="images of different z", cause="G ignores z", atol=0.05)
    paces = along.double().diff(dim=1).abs().mean((2, 3))  # (W, 24): how far the image moves in each step
    smooth = float((paces.median(1).values / paces.mean(1).clamp(min=1e-12)).min())
    require(
        smooth > 0.1, call="images along a walk in z", cause="does G look images up, where it should compute them?",
        expected="a change in every step", got="images that stand still and then jump" if smooth < 0.01 else "jumps",
    )  # fmt: skip


@check(
    points=3, task="training", level="distribution",
    hint="A generator makes new images. Images of the training set, shifted, flipped or with a little noise, are not new, and "
    "their good FID is worth nothing.",
)  # fmt: skip
def check_images_are_new(samples, known_images):
    """Images are new: none is a training image, and no more lie next to one than chance allows"""
    _new(_images(samples), known_images)


@check(
    points=7, task="training", level="quality",
    hint="FID compares mean and covariance of features of your images with those of images that nobody trained on. Train with "
    "train.py and its default settings; if the losses there run apart (D near 0), mend the steps first.",
)  # fmt: skip
def check_fid(samples, known_images, real_statistics, limit):
    """FID of 2,000 images that your trained generator makes from noise that is drawn here"""
    images = _new(_images(samples), known_images)
    cause = "not trained, or not long enough?"
    below(_fid(embedded("fashion_mnist"), images, real_statistics), limit, what="FID of 2,000 images", cause=cause)


@check(
    points=3, task="training", level="quality",
    hint="The same distance with features of another network, which nobody can train against. If your FID is good and this one "
    "is not, the images please one network only.",
)  # fmt: skip
def check_second_encoder_agrees(samples, known_images, second_encoder, second_statistics, limit):
    """A second encoder, which you do not have, agrees with the first: FID of the same images by its features"""
    images = _new(_images(samples), known_images)
    second = encoder_from(second_encoder, "fashion_mnist_second")
    below(_fid(second, images, second_statistics), limit, what="FID of 2,000 images by the second encoder", cause="not trained?")


@check(
    points=3, task="training", level="quality",
    hint="Every kind of garment has to come out, not only a few. When G has found one image that D believes, it may make "
    "nothing else (mode collapse): train anew, with another seed, and look at the samples.",
)  # fmt: skip
def check_recall(samples, known_images, real_images, limit):
    """Your images cover the real ones: recall of 2,000 images"""
    images, encoder = _new(_images(samples), known_images), embedded("fashion_mnist")
    found = coverage(cache.manifold_of(encoder, real_images), cache.manifold_of(encoder, images))
    above(found.recall, limit, what="recall: share of real images among yours", cause="mode collapse: few kinds of images?")


def _images(samples):
    """Grey levels (2000, 1, 28, 28), after proof that they have a range, differ, and do not depend on the rest of their batch."""
    call = "G(z) of your trained generator for 2,000 z"
    whole = shaped(samples["images"], (2000, 1, 28, 28), dtype=torch.uint8, call=call)
    few = shaped(samples["few"], (7, 1, 28, 28), call="G(z) for 7 of them", cause="did the training diverge?")
    between(few, -1.001, 1.001, call="G(z) for 7 of them", cause="is the tanh missing?")
    same(whole[3:10].double() / 127.5 - 1, few, rtol=0, atol=0.009, dtype=None, call="the same z with other z in the batch")
    images = gates.pixels(whole, 0, 255, (2000, 1, 28, 28), call=call)
    gates.varied(images, call=call)
    return images


def _new(images, known):
    """The images, after proof that they are no copies of training images."""
    gates.not_copied(images, known, call="G(z)")
    gates.not_memorised(images[:QUERIES], known, real_draws.tail_limit("fashion_mnist"), call="G(z)")
    return images


def _fid(encoder, images, statistics):
    return frechet_distance(cache.gaussian_of(encoder, images), gaussian_from(statistics))


def _clamped(logits):
    """Mean of -log(1 - sigmoid(l)) as float32 probabilities give it, logarithms clamped at -100."""
    return -(1 - logits.float().sigmoid()).log().clamp(min=-100).double().mean()


def _after_rounds(matrix, weight, bias, many_x, many_z, *, zero_d=True, zero_g=True):
    """Weights of the stand-in networks after the steps, in float64. Without `zero_` old gradients stay and add up."""
    matrix, weight, bias = (t.double() for t in (matrix, weight, bias))
    held_d, held_g = [0, 0], 0
    for x, z, other_z in zip(many_x.double().flatten(2), *many_z.double(), strict=True):
        fake = (z @ matrix).tanh()  # (7, 784)
        by_real, by_fake = _slopes(x @ weight + bias, 1), _slopes(fake @ weight + bias, 0)  # (7, 1), (7, 1)
        gradient_d = x.T @ by_real + fake.T @ by_fake, (by_real + by_fake).sum(0)
        held_d = [new if zero_d else new + old for new, old in zip(gradient_d, held_d, strict=True)]
        weight, bias = weight - RATE_D * held_d[0], bias - RATE_D * held_d[1]
        fake = (other_z @ matrix).tanh()
        by_fake = _slopes(fake @ weight + bias, 1)
        gradient_g = other_z.T @ (by_fake @ weight.T * (1 - fake.square()))  # (5, 784)
        held_d = [held_d[0] + fake.T @ by_fake, held_d[1] + by_fake.sum(0)]  # g_step fills the gradients of D too
        held_g = gradient_g if zero_g else gradient_g + held_g
        matrix = matrix - RATE_G * held_g
    return {"matrix": matrix, "weight": weight, "bias": bias}


def _slopes(logits, label):
    """Gradient of the mean cross-entropy with respect to the logits (B, 1)."""
    return (logits.sigmoid() - label) / len(logits)
