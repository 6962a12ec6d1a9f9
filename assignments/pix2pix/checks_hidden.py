"""Judged in the grade only: 35 points. The hints are shown when a check fails; what was expected is not."""

import torch
import torch.nn.functional as F

from autograder.checks import check
from autograder.compare import above, below, between, differ, near, require, same, shaped
from autograder.metrics import cache, gates
from autograder.metrics.embedded import embedded
from autograder.metrics.frechet import frechet_distance
from autograder.metrics.gaussian import gaussian_from

FAR = 9
"""Side of the corner that is farthest from a logit's patch, in pixels of 28."""
ELSEWHERE = 0.05
"""Share of its gradient that a logit may have there; one that sees the whole image has 0.07 to 0.11."""
SIGMAS = 6
"""Monte-Carlo tolerances, in standard errors: six comparisons, so a right answer fails once in 80 million runs."""
LEARNED = 0.85
"""Share of the mean photo's L1 that a moment of training has to undercut; right answers: see design.md."""
FOLLOWS = 0.6
"""L1 to the true photo as a share of L1 to another photo: 1 for a generator that does not look; right answers have 0.3."""
STRONG = 200.0
"""How steep a place has to be to count as an edge."""


@check(
    points=4, task="discriminator", level="wiring",
    tolerates={"another input": "where a logit looks is much the same for every pair"},
    hint="Every logit judges one patch: convolutions alone, so that the first logit of the map never sees the opposite corner of "
    "the image. A linear layer, or a pooling over the whole image, lets it see everything. Your receptive_field says how large "
    "your patch is: it has to be smaller than the image.",
)  # fmt: skip
def check_discriminator_judges_patches(patches):
    """Each logit looks at a patch of edges and photo, not at the whole image"""
    for kind in ("photo", "edges"):
        for name, corner in (("first", slice(-FAR, None)), ("last", slice(0, FAR))):
            seen = shaped(patches[f"{name}_{kind}"], (28, 28), call=f"|gradient| of the {name} logit by the {kind}").double()
            whole, far = float(seen.sum()), float(seen[corner, corner].sum())
            require(
                whole > 0 and float(seen.min()) >= 0 and far <= ELSEWHERE * whole, expected="a patch at its own corner",
                call=f"what the {name} logit sees of the {kind}", cause="a linear layer, or a pooling of everything?",
                got="nothing" if whole <= 0 else f"{far / whole:.0%} of its gradient in the opposite corner",
            )  # fmt: skip


@check(
    points=4, task="mirror", level="distribution",
    hint="torch.rand(len(edges)) < 0.5: a number for each pair, not one for the batch; drawn once and used for edges and photo; "
    "drawn in every call.",
)  # fmt: skip
def check_mirror_draws(drawn_mirrors, many_edges, many_photos):
    """Without decisions, mirror mirrors each pair with probability 1/2, independently, edges and photo together"""
    first, second = (_decisions(drawn_mirrors, many_edges, many_photos, ending) for ending in ("", "_again"))
    one = SIGMAS * 0.5 / len(first) ** 0.5
    for name, flips in (("share of mirrored pairs", first), ("share of mirrored pairs in a second call", second)):
        near(flips.mean(), 0.5, one, dtype=None, call=name,
             suspects={"no pair is mirrored": 0.0, "one decision for the whole batch, or all of them mirrored": 1.0})  # fmt: skip
    together = (first[1:] == first[:-1]).double().mean()
    near(together, 0.5, one, dtype=None, call="share of neighbours with the same decision")
    again = (first == second).double().mean()
    near(again, 0.5, one, dtype=None, call="share of decisions that are the same in a second call",
         suspects={"the decisions are the same in every call: is a seed set?": 1.0})  # fmt: skip


@check(
    points=2, task="d_loss", level="value",
    hint="Do not form the sigmoid and take its logarithm: sigmoid(30) is 1 in float32, and log(1 - 1) is minus infinity. "
    "softplus, logsigmoid and binary_cross_entropy_with_logits work on logits and are stable.",
)  # fmt: skip
def check_d_loss_stable(discriminator_loss_sure, sure_real, sure_fake):
    """d_loss is right for logits as large as 220"""
    real, fake = sure_real.double(), sure_fake.double()
    same(
        discriminator_loss_sure, (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2, rtol=1e-5,
        call="d_loss(real_logits, fake_logits) for logits as large as 220",
        suspects={"the logarithm of a sigmoid that was rounded to 0 or 1": (_clamped(-real) + _clamped(fake)) / 2},
    )  # fmt: skip


@check(
    points=3, task="d_loss", level="gradient",
    hint="The gradient of d_loss with respect to a logit is (D - 1) / 2N for a real patch and D / 2N for a generated one, N "
    "patches in all. A detach(), an item() or a rounding loses it; an epsilon in a logarithm loses it where D is sure.",
)  # fmt: skip
def check_d_loss_gradient(discriminator_loss_gradient, real_logits, fake_logits, sure_real, sure_fake):
    """The gradient of d_loss is right at real and at generated patches, also where D is sure"""
    for name, logits, label in (
        ("real", real_logits, 1), ("fake", fake_logits, 0), ("sure_real", sure_real, 1), ("sure_fake", sure_fake, 0)
    ):  # fmt: skip
        want = (logits.double().sigmoid() - label) / (2 * logits.numel())  # (7, 1, 3, 2)
        kind = "real_logits" if label else "fake_logits"
        same(
            discriminator_loss_gradient[name], want, rtol=1e-4, atol=1e-8, call=f"gradient of d_loss with respect to {kind}",
            suspects={"no gradient": torch.zeros_like(want), "a sum, where the mean belongs": logits.numel() * want,
                      "the half is missing": 2 * want},
        )  # fmt: skip


@check(
    points=4, task="g_loss", level="gradient",
    hint="With respect to a logit (D - 1) / N, largest where D is sure that the pair is not real; with respect to a pixel of the "
    "photo weight * sign(fake - photo) / number of pixels, the same size everywhere: L1. Neither may be detached.",
)  # fmt: skip
def check_g_loss_gradient(generator_loss_gradient, fake_logits, sure_fake, painted, photo, weight):
    """The gradient of g_loss is (D - 1) / N by the logits, also where D is sure, and weight times a sign by the photo"""
    for name, logits in (("logits", fake_logits), ("sure_logits", sure_fake)):
        d = logits.double().sigmoid()
        want = (d - 1) / d.numel()  # (7, 1, 3, 2)
        same(
            generator_loss_gradient[name], want, rtol=1e-4, atol=1e-8, call="gradient of g_loss with respect to fake_logits",
            suspects={"the saturating loss": -d / d.numel(), "label 0 for G's pairs": d / d.numel(), "half of it": want / 2,
                      "no gradient": torch.zeros_like(want), "the weight is on this term": float(weight) * want},
        )  # fmt: skip
    difference = painted.double() - photo.double()  # (7, 1, 28, 28)
    want = float(weight) * difference.sign() / difference.numel()
    same(
        generator_loss_gradient["fake"], want, rtol=1e-4, atol=1e-8, call="gradient of g_loss with respect to fake",
        suspects={"L2, whose gradient is small where the difference is": float(weight) * 2 * difference / difference.numel(),
                  "no gradient: is fake detached?": torch.zeros_like(want), "the weight is missing": want / float(weight)},
    )  # fmt: skip


@check(
    points=4, task="steps", level="training",
    hint="Each step alone is right only if nothing is left over from the one before: optimizer.zero_grad() before backward(), "
    "in both functions. g_step's backward() fills the gradients of D too, so a zero_grad() only after d_step is too early.",
)  # fmt: skip
def check_steps_in_a_row(rounds, gain, by_photo):
    """Three pairs of steps in a row end where they do on networks without old gradients: no step leaks into another"""
    together, apart = rounds["together"], rounds["apart"]
    for name, what in (
        ("by_photo", "weights of D for the photo"), ("by_edges", "weights of D for the edges"), ("bias", "bias of D"),
        ("gain", "gain of G"), ("shift", "shift of G"),
    ):  # fmt: skip
        alone = shaped(apart[name], tuple(apart[name].shape), call=f"{what} without old gradients")
        same(together[name], alone, rtol=1e-4, atol=1e-6, call=f"{what} after d_step, g_step, three times",
             suspects={"nothing moved": torch.zeros_like(alone)})  # fmt: skip
    for name, start, what in (("by_photo", by_photo, "weights of D"), ("gain", gain, "weights of G")):
        differ(together[name], start, call=f"{what} before and after three pairs of steps", cause="is there no step()?")


@check(
    points=2, task="steps", level="training",
    hint="Your networks, losses, steps and mirror are put together and trained for 60 steps of Adam. If every other check "
    "passes, look at the networks: a detach() in forward, a dead layer, a last activation that is stuck?",
)  # fmt: skip
def check_short_training(trained, exam, known_images):
    """After 60 steps of your own functions on your own networks, photos are nearer to the true ones than the mean photo is"""
    photos, few = trained["photos"], trained["few"]
    call = "G(edges) after 60 steps"
    photos = shaped(photos, (200, 1, 28, 28), dtype=torch.uint8, call=call, cause="did the training diverge?").double()
    few = between(few, -1.001, 1.001, shape=(7, 1, 28, 28), call=call, cause="did the training diverge?")
    same(photos[3:10] / 127.5 - 1, few, rtol=0, atol=0.009, dtype=None, call="the same drawings with others in the batch")
    found, mean = (float((each - exam.double()).abs().mean()) / 127.5 for each in (photos, known_images.double().mean(0)))
    require(
        found <= LEARNED * mean, call="L1 of 200 photos after 60 steps", expected=f"at most {LEARNED * mean:.3f}",
        got=f"{found:.3f}", cause="did G learn nothing? The mean photo has " + f"{mean:.3f}",
    )  # fmt: skip


@check(
    points=2, task="training", level="wiring",
    hint="The photo has to be one of these edges. A generator that paints the same for all has learned from pairs that are no "
    "pairs: are edges and photos shuffled apart, or mirrored apart?",
)  # fmt: skip
def check_photos_follow_the_edges(translated, heldout_images):
    """For edges that nobody trained on, a photo is much nearer to the true one than to another garment's"""
    photos = _photos(translated, len(heldout_images)).double()
    own, other = (float((photos - each.double()).abs().mean()) for each in (heldout_images, heldout_images.roll(1, 0)))
    require(
        own <= FOLLOWS * other, call="L1 of photos to the true ones, as a share of that to other garments",
        expected=f"at most {FOLLOWS}", got=f"{own / max(other, 1e-9):.2f}", cause="does G look at the edges?",
    )  # fmt: skip


@check(
    points=4, task="training", level="quality",
    hint="The distance to the true photos for edges that you do not have. Train with train.py and its default settings. If this "
    "is far above the L1 that train.py prints, the generator knows its training photos by heart.",
)  # fmt: skip
def check_photos_of_heldout_edges(translated, heldout_images, known_images, limit):
    """L1 of your trained generator's photos to the true ones, for the edges of 2,000 images that nobody trained on"""
    photos = _new(translated, heldout_images, known_images)
    distance = float((photos.double() - heldout_images.double()).abs().mean()) / 127.5
    below(distance, limit, what="L1 of 2,000 photos for held-out edges", cause="not trained, or not long enough?")


@check(
    points=4, task="training", level="quality",
    hint="FID compares mean and covariance of features of your photos with those of real ones, and does not ask which photo "
    "belongs to which edges: it sees texture, where L1 sees place. Train with train.py and its default settings.",
)  # fmt: skip
def check_fid(translated, heldout_images, known_images, real_statistics, limit):
    """FID of your trained generator's photos for the edges of 2,000 images that nobody trained on"""
    photos = _new(translated, heldout_images, known_images)
    found = frechet_distance(cache.gaussian_of(embedded("fashion_mnist"), photos), gaussian_from(real_statistics))
    below(found, limit, what="FID of 2,000 photos", cause="not trained, or not long enough?")


@check(
    points=2, task="training", level="quality",
    hint="The edges of your photos are drawn and compared with those that you were given. Blurred photos have fewer, noisy ones "
    "have more.",
)  # fmt: skip
def check_edges_come_back(translated, heldout_images, known_images, limit):
    """Edges drawn from your photos are the edges that were asked for"""
    photos = _new(translated, heldout_images, known_images)
    found, asked = _is_edge(photos), _is_edge(heldout_images)
    overlap = 2 * float((found & asked).sum()) / max(float(found.sum() + asked.sum()), 1.0)
    above(overlap, limit, what="overlap of edges, 2 |A and B| / (|A| + |B|)", cause="blurred, noisy, or not trained?")


def _photos(observed, count):
    """Grey levels (count, 1, 28, 28), after proof that they have a range, differ, and do not depend on others in their batch."""
    call = f"G(edges) of your trained generator for {count:,} drawings"
    whole = shaped(observed["photos"], (count, 1, 28, 28), dtype=torch.uint8, call=call)
    few = shaped(observed["few"], (7, 1, 28, 28), call="G(edges) for 7 of them", cause="did the training diverge?")
    between(few, -1.001, 1.001, call="G(edges) for 7 of them", cause="is the tanh missing?")
    alone = whole[3:10].double() / 127.5 - 1
    same(alone, few, rtol=0, atol=0.009, dtype=None, call="the same drawings with others in the batch")
    photos = gates.pixels(whole, 0, 255, (count, 1, 28, 28), call=call)
    gates.varied(photos, call=call)
    return photos


def _new(translated, heldout_images, known_images):
    """The photos, after proof that they are no copies of training images."""
    photos = _photos(translated, len(heldout_images))
    gates.not_copied(photos, known_images, call="G(edges)")
    return photos


def _decisions(observed, edges, photos, ending):
    """(N,) 1.0 where a pair came back mirrored; every image has to be one of the two, and edges and photo the same."""
    flips = []
    for name, images in (("edges", edges), ("photos", photos)):
        got = shaped(observed[f"{name}{ending}"], tuple(images.shape), call=f"mirror(edges, photo): {name}")
        turned, kept = ((got == each).flatten(1).all(1) for each in (images.flip(3), images))
        require(bool((turned | kept).all()), call=f"mirror(edges, photo): {name}", expected="each image as it was, or mirrored",
                got=f"{int((~(turned | kept)).sum())} of {len(got)} that are neither")  # fmt: skip
        flips.append(turned)
    apart = int((flips[0] != flips[1]).sum())
    require(apart == 0, call="mirror(edges, photo)", expected="both images of a pair mirrored, or none",
            got=f"{apart} pairs torn apart", cause="are there two draws, one for edges and one for photos?")  # fmt: skip
    return flips[0].double()


def _is_edge(images):
    """(N, 1, H, W) bool. images: uint8."""
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    padded = F.pad(images.float(), (1, 1, 1, 1), mode="replicate")
    return sum(F.conv2d(padded, kernel[None, None]).square() for kernel in (sobel, sobel.T)) > STRONG**2


def _clamped(logits):
    """Mean of -log(1 - sigmoid(l)) as float32 probabilities give it, logarithms clamped at -100."""
    return -(1 - logits.float().sigmoid()).log().clamp(min=-100).double().mean()
