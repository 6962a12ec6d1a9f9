"""Judged in the student's own `check` and in the grade: 65 points."""

import torch
import torch.nn.functional as F

from autograder.checks import check
from autograder.compare import below, between, differ, require, same, shaped
from autograder.metrics import gates

CHANGED = 4
"""Rows of a batch of 7 that the driver changes; the others have to stay as they were."""
RATE_D, RATE_G = 0.02, 0.5
"""Learning rates of the stand-in networks' plain gradient descent."""
TRAIN_MODE = "is eval() or train() called in the step? Leave both networks in the mode in which they come"


@check(
    points=5, task="generator", level="shape",
    hint="Two stages down (28, 14, 7) and two up, kernel 4, stride 2, padding 1. The stage that meets a skip has the channels "
    "from below and those of the skip: torch.cat(..., dim=1). One channel at the end, and no squeeze: a batch of one has to "
    "work too.",
)  # fmt: skip
def check_generator_shapes(generator):
    """The generator gives a photo (1, 28, 28) for each drawing, and in eval mode treats every drawing on its own"""
    photos = _generator_agrees_with_alone(generator)
    differ(photos[0], photos[1], call="photos of two different drawings", cause="the generator does not look at the edges")


@check(
    points=3, task="generator", level="wiring",
    hint="End the last stage of self.up in nn.Tanh(): pixels in [-1, 1], the range of the true photos. A sigmoid gives "
    "[0, 1]; without any activation nothing keeps the pixels in range.",
)  # fmt: skip
def check_generator_range(generator):
    """Pixels lie in [-1, 1], and use both halves of that range"""
    photos = _generator_agrees_with_alone(generator)
    least, most = float(photos.min()), float(photos.max())
    cause = "a sigmoid or a ReLU where the tanh belongs?" if least >= 0 else "is the tanh missing, or is it not the last layer?"
    require(
        -1.0001 <= least < -0.2 and 0.2 < most <= 1.0001, call="UNet()(edges) for edges far from 0", cause=cause,
        expected="values on both sides of 0, from -1 to 1", got=f"values from {least:.3g} to {most:.3g}",
    )  # fmt: skip


@check(
    points=6, task="generator", level="wiring",
    hint="Keep what every stage of self.down gives, in a list. On the way up, each stage gets what comes from below joined with "
    "what the stage of the same size gave on the way down: reversed(kept). Here one stage after the other gives what it "
    "gives for another drawing, and everything else stays as it was: the photo has to change, through the skip alone.",
)  # fmt: skip
def check_generator_skips(skips):
    """Every stage on the way down reaches the photo by a skip connection of its own, and so does the bottom"""
    plain = shaped(skips["plain"], (7, 1, 28, 28), call="UNet()(edges)")
    patched = shaped(skips["patched"], (None, 7, 1, 28, 28), call="UNet()(edges), one stage changed")
    require(len(patched) >= 2, call="self.down", expected="two stages or more", got=f"{len(patched)}")
    places = [(f"down[{i}]", "no skip connection leads from there to the way up?") for i in range(len(patched))]
    places.append(("bottom", "what comes from the bottom is not used?"))
    for (name, cause), photo in zip(places, [*patched, skips["below"]], strict=True):
        changed = shaped(photo, (7, 1, 28, 28), call=f"UNet()(edges) where {name} gives another drawing's values")
        same(changed[CHANGED:], plain[CHANGED:], rtol=1e-4, atol=1e-4, call=f"photos whose {name} gives the same as before")
        for row in range(CHANGED):
            differ(changed[row], plain[row], call=f"photo before and after {name} is changed", cause=cause, atol=1e-5)


@check(
    points=4, task="discriminator", level="shape",
    hint="Convolutions alone: 28, 14, 7, then kernel 4, stride 1, padding 1: 6 x 6 logits, (B, 1, 6, 6). No nn.Flatten, no "
    "nn.Linear, no mean over the map. nn.Conv2d(2, ...) first: two channels, edges and photo.",
)  # fmt: skip
def check_discriminator_shapes(discriminator):
    """The discriminator gives a map of logits (1, h, w) for each pair, and in eval mode treats every pair on its own"""
    logits = _discriminator_agrees_with_alone(discriminator)
    height, width = logits.shape[2:]
    require(
        2 <= height <= 28 and 2 <= width <= 28, call="map of logits for 28 x 28 pixels", expected="2 x 2 to 28 x 28 patches",
        got=f"{height} x {width}", cause="one logit for the whole image?" if height * width == 1 else "",
    )  # fmt: skip
    differ(logits[0], logits[1], call="logits of two different pairs", cause="the discriminator does not look at the pair")


@check(
    points=3, task="discriminator", level="wiring",
    hint="Leave out the last activation. The losses work on logits; a sigmoid here is applied twice there, and D can then "
    "never be sure of anything.",
)  # fmt: skip
def check_discriminator_gives_logits(discriminator):
    """The discriminator gives logits, not probabilities"""
    logits = _discriminator_agrees_with_alone(discriminator)
    least, most = float(logits.min()), float(logits.max())
    inside = "a sigmoid" if least >= 0 else "a tanh"
    require(
        least < -1 or most > 1, call="PatchDiscriminator()(edges, photo) for values far from 0", expected="logits far from 0",
        cause=f"is {inside} left at the end?", got=f"values from {least:.3g} to {most:.3g}",
    )  # fmt: skip


@check(
    points=5, task="discriminator", level="wiring",
    hint="torch.cat([edges, photo], dim=1), and a first convolution with two channels in. A discriminator that sees the photo "
    "alone asks whether it is a photo, not whether it is a photo of these edges.",
)  # fmt: skip
def check_discriminator_sees_the_pair(pairs):
    """The logits depend on the photo and on the edges: the discriminator is conditional"""
    logits = shaped(pairs["logits"], (7, 1, None, None), call="PatchDiscriminator()(edges, photo)")
    for name, what in (("other_photo", "photo"), ("other_edges", "edges")):
        changed = shaped(pairs[name], tuple(logits.shape), call=f"the same with another {what} in {CHANGED} of 7 pairs")
        same(changed[CHANGED:], logits[CHANGED:], rtol=1e-4, atol=1e-4, call="logits of the pairs that were not changed")
        cause = f"D does not look at the {what}"
        for row in range(CHANGED):
            differ(changed[row], logits[row], call=f"logits before and after the {what} of the pair is changed", cause=cause)


@check(
    points=5, task="patch", level="value",
    hint="Begin with field 1 and distance 1. Go from the first layer to the last, not from the last to the first; for each, in "
    "this order: field += (kernel - 1) * distance, then distance *= stride. A layer's own stride spreads the outputs after it, "
    "so it counts from the next layer on. The answer is an int.",
)  # fmt: skip
def check_receptive_field(fields, layouts):
    """receptive_field is right for any kernels and strides, for one layer, and for none"""
    want = [_field(row[:i].tolist()) for i, row in enumerate(layouts)]
    require(len(fields) == len(want), call="receptive_field", expected=f"{len(want)} numbers", got=f"{len(fields)}")
    for i, (found, right) in enumerate(zip(fields, want, strict=True)):
        layers = [tuple(layer) for layer in layouts[i, :i].tolist()]
        require(
            isinstance(found, int) and not isinstance(found, bool) and found == right, call=f"receptive_field({layers})",
            expected=str(right), got=repr(found), cause=_field_cause(layers, found),
        )  # fmt: skip


@check(
    points=5, task="mirror", level="value",
    hint="flip[:, None, None, None] beside (B, 1, H, W) chooses pair by pair: torch.where(chosen, images.flip(3), images). "
    "Dimension 3 is left to right. The same decision for both images of a pair.",
)  # fmt: skip
def check_mirror(mirrored, tall_edges, tall_photo, flip):
    """mirror exchanges left and right in both images of exactly the pairs that are chosen"""
    for name, images, other in (("edges", tall_edges, tall_photo), ("photo", tall_photo, tall_edges)):
        images, other, chosen = images.double(), other.double(), flip[:, None, None, None]
        same(
            mirrored[name], torch.where(chosen, images.flip(3), images), rtol=0, atol=1e-6,
            call=f"mirror(edges, photo, flip): {name}",
            suspects={
                f"the {name} are left as they are, so that edges and photo do not fit any more": images,
                "every pair is mirrored, chosen or not": images.flip(3),
                "the pairs that were not chosen are mirrored": torch.where(chosen, images, images.flip(3)),
                "top and bottom are exchanged, not left and right": torch.where(chosen, images.flip(2), images),
                "turned by half, not mirrored": torch.where(chosen, images.flip(2, 3), images),
                "edges and photo are exchanged": torch.where(chosen, other.flip(3), other),
                "the order of the pairs is reversed": torch.where(chosen, images.flip(0), images),
            },
        )  # fmt: skip


@check(
    points=6, task="d_loss", level="value",
    hint="Real pairs have label 1, generated ones label 0: -log sigmoid(real) = softplus(-real), -log(1 - sigmoid(fake)) = "
    "softplus(fake). A mean of each over pairs and patches, and half of their sum (Section 3.3).",
)  # fmt: skip
def check_d_loss_value(discriminator_loss, real_logits, fake_logits):
    """d_loss is half the cross-entropy with label 1 for real and 0 for generated pairs, mean over pairs and patches"""
    real, fake = real_logits.double(), fake_logits.double()
    right = (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2
    same(
        discriminator_loss, right, rtol=1e-5, call="d_loss(real_logits, fake_logits)",
        suspects={
            "the half is missing: the objective is divided by 2 while D is trained": 2 * right,
            "real and generated are swapped": (F.softplus(real).mean() + F.softplus(-fake).mean()) / 2,
            "the sign is flipped: D raises its objective, so its loss is minus that": -right,
            "both kinds of pairs have label 1": (F.softplus(-real).mean() + F.softplus(-fake).mean()) / 2,
            "both kinds of pairs have label 0": (F.softplus(real).mean() + F.softplus(fake).mean()) / 2,
            "the generated pairs are left out": F.softplus(-real).mean() / 2,
            "the real pairs are left out": F.softplus(fake).mean() / 2,
            "summed over pairs and patches; the mean belongs here": real.numel() * right,
            "summed over patches; the mean belongs here": 6 * right,
            "the sigmoid is applied twice: the logits are logits already":
                (F.softplus(-real.sigmoid()).mean() + F.softplus(fake.sigmoid()).mean()) / 2,
            "this is the squared error of LSGAN": ((real - 1).square().mean() + fake.square().mean()) / 2,
            "the patches are averaged before the logarithm": _of_means(real, fake),
        },
    )  # fmt: skip


@check(
    points=6, task="g_loss", level="value",
    hint="softplus(-fake_logits).mean() + weight * (photo - fake).abs().mean(). The weight belongs to L1 alone; L1 is the mean "
    "of absolute differences, not of squares, and not their sum.",
)  # fmt: skip
def check_g_loss_value(generator_loss, fake_logits, painted, photo, weight):
    """g_loss is the non-saturating loss plus weight times the mean absolute difference"""
    logits, difference, factor = fake_logits.double(), photo.double() - painted.double(), float(weight)
    adversarial, l1 = F.softplus(-logits).mean(), difference.abs().mean()
    same(
        generator_loss["without_l1"], adversarial, rtol=1e-5, call="g_loss(fake_logits, fake, photo, weight=0)",
        suspects={
            "the weight is on the adversarial term": l1,
            "the L1 term is there at weight 0 too": adversarial + l1,
            "the weight is not used: LAMBDA instead": adversarial + 100 * l1,
            "this is the saturating loss, log(1 - D); minimise -log D instead": -F.softplus(logits).mean(),
            "label 0 for G's pairs: that is what D wants": F.softplus(logits).mean(),
            "the sigmoid is applied twice: the logits are logits already": F.softplus(-logits.sigmoid()).mean(),
            "summed over pairs and patches; the mean belongs here": logits.numel() * adversarial,
            "half of it: only D's objective is divided by 2": adversarial / 2,
            "no adversarial term": 0.0,
        },
    )  # fmt: skip
    same(
        generator_loss["whole"], adversarial + factor * l1, rtol=1e-5, call=f"g_loss(fake_logits, fake, photo, {factor:.3g})",
        suspects={
            "L2 where L1 belongs: squares of the differences": adversarial + factor * difference.square().mean(),
            "the L1 term is summed over pixels; the mean belongs here": adversarial + factor * l1 * difference[0].numel(),
            "the L1 term is summed over pairs and pixels": adversarial + factor * l1 * difference.numel(),
            "no L1 term": adversarial,
            "the sign of the differences is kept": adversarial + factor * difference.mean(),
            "a root of the mean square": adversarial + factor * difference.square().mean() ** 0.5,
            "the L1 term is subtracted": adversarial - factor * l1,
        },
    )  # fmt: skip


@check(
    points=6, task="steps", level="wiring",
    hint="loss = d_loss(D(edges, photo), D(edges, G(edges))), then zero_grad, backward, step, once each. Both kinds of pairs "
    "have the same edges, and edges come first; G stays as it is. Judged against your own d_loss: mend that first.",
)  # fmt: skip
def check_d_step(discriminator_step, gain, shift, by_edges, by_photo, bias, drawings, photo):
    """d_step makes one step down the gradient of your own d_loss at real and generated pairs; the generator does not change"""
    step, edges = discriminator_step, drawings.double().flatten(1)  # (7, 784)
    real, fake = photo.double().flatten(1), (drawings.double() * gain.double() + shift.double()).tanh().flatten(1)
    own_real, own_fake = (_own(step[name], "d_loss").flatten(1) for name in ("own_real", "own_fake"))  # (7, 6)
    _reported(step, "d_step", "d_loss")
    by_real, by_fake = RATE_D * real.T @ own_real, RATE_D * fake.T @ own_fake  # (784, 6)
    before = by_photo.double()
    same(
        step["by_photo"], before - by_real - by_fake, rtol=1e-4, atol=1e-6, call="weights of D after one d_step, for the photo",
        suspects={
            "D did not change: is there no backward(), or no step()?": before,
            "only the real pairs count": before - by_real,
            "only the generated pairs count": before - by_fake,
            "a step up the gradient, not down": before + by_real + by_fake,
            "two steps in one?": before - 2 * (by_real + by_fake),
            "edges and photo are exchanged when D is called": before - RATE_D * edges.T @ (own_real + own_fake),
        },
    )  # fmt: skip
    own = own_real + own_fake
    same(
        step["by_edges"], by_edges.double() - RATE_D * edges.T @ own, rtol=1e-4, atol=1e-6,
        call="weights of D after one d_step, for the edges",
        suspects={"the generated photos go in without their edges": by_edges.double() - RATE_D * edges.T @ own_real},
    )  # fmt: skip
    same(step["bias"], bias.double() - RATE_D * own.sum(0), rtol=1e-4, atol=1e-6, call="bias of D after one d_step")
    for name, value in (("gain", gain), ("shift", shift)):
        same(step[name], value, rtol=0, atol=0, call=f"{name} of G after one d_step, which trains D alone")
    _in_train_mode(step, "d_step")


@check(
    points=7, task="steps", level="wiring",
    hint="fake = G(edges); loss = g_loss(D(edges, fake), fake, photo), then zero_grad, backward, step, once each. No detach() "
    "and no no_grad(): the gradient comes to G through D and through L1. D stays as it is. Judged against your own g_loss: "
    "mend that first.",
)  # fmt: skip
def check_g_step(generator_step, gain, shift, by_edges, by_photo, bias, drawings):
    """g_step makes one step down the gradient of your own g_loss, through D and through L1; the discriminator does not change"""
    step, edges = generator_step, drawings.double()
    fake = (edges * gain.double() + shift.double()).tanh()  # (7, 1, 28, 28)
    own_logits, own_fake = _own(step["own_logits"], "g_loss").flatten(1), _own(step["own_fake"], "g_loss", (7, 1, 28, 28))
    _reported(step, "g_step", "g_loss")
    through_d = (own_logits @ by_photo.double().T).view(7, 1, 28, 28)
    slope = 1 - fake.square()
    parts = (through_d + own_fake, through_d, own_fake)
    both, d_only, l1_only = ((part * slope).sum(0) * RATE_G for part in parts)  # (1, 28, 28)
    before = shift.double()
    same(
        step["shift"], before - both, rtol=1e-4, atol=1e-6, call="weights of G after one g_step: its shift",
        suspects={
            "no gradient reaches G: is a detach() or no_grad() in the way, or is there no step()?": before,
            "no gradient comes through D: is G(x) detached there, or does D see the true photo?": before - l1_only,
            "no gradient comes through L1": before - d_only,
            "a step up the gradient, not down": before + both,
            "two steps in one?": before - 2 * both,
        },
    )  # fmt: skip
    moved = ((through_d + own_fake) * slope * edges).sum(0) * RATE_G
    same(step["gain"], gain.double() - moved, rtol=1e-4, atol=1e-6, call="weights of G after one g_step: its gain")
    for name, value in (("by_edges", by_edges), ("by_photo", by_photo), ("bias", bias)):
        same(step[name], value, rtol=0, atol=0, call=f"{name} of D after one g_step, which trains G alone")
    _in_train_mode(step, "g_step")


@check(
    points=4, task="training", level="quality",
    hint="Train with train.py and its default settings, and hand in the file it writes. If the L1 printed there stays above 0.3, "
    "first mend the checks above: each of them is a part of this number.",
)  # fmt: skip
def check_photos_of_training_edges(shown, shown_images, limit):
    """L1 of your trained generator's photos to the true ones, for the edges of 500 training images"""
    photos = _photos(shown, len(shown_images))
    distance = float((photos.double() - shown_images.double()).abs().mean()) / 127.5
    below(distance, limit, what="L1 of 500 photos for training edges", cause="not trained, or not long enough?")


def _field(layers):
    """By counting: which inputs one output sees, layer by layer backwards, and how far apart the outermost are."""
    seen = {0}
    for kernel, stride in layers[::-1]:
        seen = {place * stride + i for place in seen for i in range(kernel)}
    return max(seen) - min(seen) + 1


def _field_cause(layers, found):
    """The mistake whose number this is."""
    own_stride, summed, last_first = 1, 1 + sum(kernel - 1 for kernel, _ in layers), _field(layers[::-1])
    apart, product = 1, 1
    for kernel, stride in layers:
        apart, product = apart * stride, product * kernel
        own_stride += (kernel - 1) * apart
    named = (
        (_field(layers) - 1, "the field begins at 1, not at 0"),
        (own_stride, "a layer's own stride counts from the next layer on"),
        (last_first, "the layers are gone through from the last to the first"),
        (summed, "the strides are left out"),
        (product, "kernels are multiplied"),
        (sum(kernel for kernel, _ in layers), "kernels are summed"),
    )
    return next((cause for value, cause in named if value == found), "")


def _of_means(real, fake):
    """The loss of one logit for each pair, the mean of its patches."""
    return (F.softplus(-real.mean((1, 2, 3))).mean() + F.softplus(fake.mean((1, 2, 3))).mean()) / 2


def _generator_agrees_with_alone(generator):
    """photos (7, 1, 28, 28), each the same when its drawing is alone in the batch."""
    photos = shaped(generator["photos"], (7, 1, 28, 28), call="UNet()(edges) for 7 drawings")
    alone = shaped(generator["alone"], (1, 1, 28, 28), call="UNet()(edges) for one drawing")
    same(alone, photos[2:3], rtol=1e-3, atol=1e-2, call="photo of the third drawing, alone in its batch", suspects={
        "another drawing's photo: is the batch mixed up in a reshape?": photos.flip(0)[2:3]})  # fmt: skip
    return photos


def _discriminator_agrees_with_alone(discriminator):
    """logits (7, 1, h, w), each the same when its pair is alone in the batch."""
    logits = shaped(discriminator["logits"], (7, 1, None, None), call="PatchDiscriminator()(edges, photo) for 7 pairs",
                    cause="a map of logits (B, 1, h, w) belongs here, one logit for each patch")  # fmt: skip
    alone = shaped(discriminator["alone"], (1, *logits.shape[1:]), call="PatchDiscriminator()(edges, photo) for one pair")
    close = 1e-3 * float(logits.abs().max())
    same(alone, logits[2:3], rtol=1e-3, atol=close, call="logits of the third pair, alone in its batch", suspects={
        "another pair's logits: is the batch mixed up in a reshape?": logits.flip(0)[2:3]})  # fmt: skip
    return logits


def _own(gradient, loss, shape=(7, 1, 3, 2)):
    """The gradient of the student's own loss, which must not be zero everywhere."""
    value = shaped(gradient, shape, call=f"gradient of your own {loss}")
    require(bool(value.abs().max() > 0), call=f"gradient of your own {loss}", expected="not 0 everywhere", got="all zeros",
            cause="is there a detach(), an item() or a no_grad() in it?")  # fmt: skip
    return value.double()


def _in_train_mode(step, function):
    """Batch normalisation needs train mode in the steps."""
    call = f"train mode of G and D during and after {function} (1: yes)"
    same(step["train_mode"], torch.ones(1), call=call, suspects={TRAIN_MODE: torch.zeros(1)})


def _reported(step, function, loss):
    """What the step returned is the loss before the step."""
    own = shaped(step["own_loss"], (), call=f"{loss}(...) of your own")
    same(step["loss"], own, rtol=1e-4, atol=1e-6, call=f"what {function} returns, beside your own {loss} before the step")


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
