"""Judged in the student's own `check` and in the grade: 58 points."""

import torch
import torch.nn.functional as F

from autograder.checks import check
from autograder.compare import above, between, differ, near, require, same, shaped
from autograder.metrics import cache, gates
from autograder.metrics.embedded import embedded
from autograder.metrics.inception import inception_score

RATE_D, RATE_G = 0.02, 1.0
"""Learning rates of the stand-in networks' plain gradient descent."""
SIGMAS = 6
"""Monte-Carlo tolerances, in standard errors: about thirty comparisons, so a right answer fails once in 10 million runs."""
TRAIN_MODE = "is eval() or train() called in the step? Batch normalisation needs train mode there; sample alone uses eval mode"


@check(
    points=5, task="generator", level="shape",
    hint="Linear to 7 x 7 feature maps, nn.Unflatten, then two transposed convolutions with kernel_size=4, stride=2, "
    "padding=1: 7, 14, 28. A third one gives 56 x 56. One channel at the end, and no squeeze: a batch of one has to work "
    "too.",
)  # fmt: skip
def check_generator_shapes(generator):
    """The generator gives an image (1, 28, 28) for each z, and in eval mode treats every z on its own"""
    images = _generator_agrees_with_alone(generator)
    differ(images[0], images[1], call="images of two different z", cause="the generator does not look at z")


@check(
    points=3, task="generator", level="wiring",
    hint="End self.layers in nn.Tanh(): pixels in [-1, 1], the range of the images that D gets. A sigmoid gives [0, 1], which "
    "D tells from real images at a glance; without any activation nothing keeps the pixels in range.",
)  # fmt: skip
def check_generator_range(generator):
    """Pixels lie in [-1, 1], and use both halves of that range"""
    images = _generator_agrees_with_alone(generator)
    least, most = float(images.min()), float(images.max())
    cause = "a sigmoid or a ReLU where the tanh belongs?" if least >= 0 else "is the tanh missing, or is it not the last layer?"
    require(
        -1.0001 <= least < -0.2 and 0.2 < most <= 1.0001, call="Generator(5)(z) for z far from 0", cause=cause,
        expected="values on both sides of 0, from -1 to 1", got=f"values from {least:.3g} to {most:.3g}",
    )  # fmt: skip


@check(
    points=4, task="discriminator", level="shape",
    hint="End self.layers in nn.Flatten() and nn.Linear(..., 1): logits are (B, 1), one for each image, also for a batch of "
    "one.",
)  # fmt: skip
def check_discriminator_shapes(discriminator):
    """The discriminator gives one logit (B, 1) for each image, and in eval mode treats every image on its own"""
    logits = _discriminator_agrees_with_alone(discriminator)
    differ(logits[0], logits[1], call="logits of two different images", cause="the discriminator does not look at the image")


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
        least < -1 or most > 1, call="Discriminator()(x) for x far from 0", cause=f"is {inside} left at the end?",
        expected="logits far from 0", got=f"values from {least:.3g} to {most:.3g}",
    )  # fmt: skip


@check(
    points=5, task="init", level="distribution",
    tolerates={"reversed": "weights that are drawn have no order", "another input": "another draw is as good"},
    hint="nn.init.normal_(module.weight, 0.0, 0.02) for nn.Conv2d, nn.ConvTranspose2d and nn.Linear; "
    "nn.init.normal_(module.weight, 1.0, 0.02) for nn.BatchNorm2d; nn.init.zeros_(module.bias), unless the bias is None. "
    "Change no other module.",
)  # fmt: skip
def check_first_weights(initialised):
    """weights_init draws N(0, 0.02^2), for batch normalisation N(1, 0.02^2), sets biases to 0, and leaves other layers alone"""
    for name, shape, centre in (
        ("convolution", (50, 20, 3, 3), 0.0), ("transposed", (50, 20, 3, 3), 0.0), ("linear", (100, 90), 0.0),
        ("without_bias", (50, 20, 3, 3), 0.0), ("normalisation", (9000,), 1.0),
    ):  # fmt: skip
        weight = shaped(initialised[f"{name}.weight"], shape, call=f"weights of {_WORDS[name]} after weights_init")
        _drawn_from_normal(weight.double().flatten(), centre, _WORDS[name])
        if name != "without_bias":
            bias = torch.zeros(100 if name == "linear" else shape[1] if name == "transposed" else shape[0])
            cause = {"the biases are left as they were": bias + 3}
            same(initialised[f"{name}.bias"], bias, call=f"biases of {_WORDS[name]} after weights_init", suspects=cause)
    same(initialised["other.weight"], torch.full((70,), 5.0), call="weights of nn.PReLU, which was to stay as it was")


@check(
    points=7, task="d_loss", level="value",
    hint="Real images have label 1, generated ones label 0: -log sigmoid(real) = softplus(-real), -log(1 - sigmoid(fake)) = "
    "softplus(fake). A mean over each kind, and the sum of the two means. Logits go in: no sigmoid before a loss 'with "
    "logits'.",
)  # fmt: skip
def check_d_loss_value(discriminator_loss, real_logits, fake_logits):
    """d_loss is the cross-entropy with label 1 for real and 0 for generated images: the sum of two means"""
    real, fake = real_logits.double(), fake_logits.double()
    right = F.softplus(-real).mean() + F.softplus(fake).mean()
    same(
        discriminator_loss, right, rtol=1e-5, call="d_loss(real_logits, fake_logits)",
        suspects={
            "real and generated are swapped": F.softplus(real).mean() + F.softplus(-fake).mean(),
            "the sign is flipped: D's value V is raised, so its loss is -V": -right,
            "both kinds of images have label 1": F.softplus(-real).mean() + F.softplus(-fake).mean(),
            "both kinds of images have label 0": F.softplus(real).mean() + F.softplus(fake).mean(),
            "the generated images are left out": F.softplus(-real).mean(),
            "the real images are left out": F.softplus(fake).mean(),
            "half of it: a mean over both kinds, where the sum of two means belongs": right / 2,
            "summed over the batch; the mean belongs here": len(real) * right,
            "the sigmoid is applied twice: the logits are logits already":
                F.softplus(-real.sigmoid()).mean() + F.softplus(fake.sigmoid()).mean(),
            "this is the squared error of LSGAN": (real - 1).square().mean() + fake.square().mean(),
            "this is the loss of a Wasserstein critic": fake.mean() - real.mean(),
            "labels (B,) beside logits (B, 1) were stretched to (B, B)": _labels_stretched(real, fake),
        },
    )  # fmt: skip


@check(
    points=5, task="g_loss", level="value",
    hint="G wants its images taken for real: label 1 for generated images, softplus(-fake). log(1 - D) is the saturating form, "
    "which the paper gives up at once.",
)  # fmt: skip
def check_g_loss_value(generator_loss, fake_logits):
    """g_loss is the non-saturating loss, the mean of -log D(G(z))"""
    fake = fake_logits.double()
    right = F.softplus(-fake).mean()
    same(
        generator_loss, right, rtol=1e-5, call="g_loss(fake_logits)",
        suspects={
            "this is the saturating loss, log(1 - D); minimise -log D instead": -F.softplus(fake).mean(),
            "label 0 for G's images: that is what D wants": F.softplus(fake).mean(),
            "the sign is flipped": -right,
            "summed over the batch; the mean belongs here": len(fake) * right,
            "the sigmoid is applied twice: the logits are logits already": F.softplus(-fake.sigmoid()).mean(),
            "half of it": right / 2,
            "this is the squared error of LSGAN": (fake - 1).square().mean(),
            "this is the loss of a Wasserstein generator": -fake.mean(),
        },
    )  # fmt: skip


@check(
    points=7, task="steps", level="wiring",
    hint="loss = d_loss(D(x), D(G(z))), then zero_grad, backward, step, once each. Both batches count, G stays as it is. "
    "Judged against your own d_loss: if that one is wrong, mend it first.",
)  # fmt: skip
def check_d_step(discriminator_step, matrix, weight, bias, x, z):
    """d_step makes one step down the gradient of your own d_loss at x and G(z); the generator does not change"""
    step, fake = discriminator_step, (z.double() @ matrix.double()).tanh()  # (7, 784)
    own_real, own_fake = (_own(step[name], name) for name in ("own_real", "own_fake"))
    by_real, by_fake = x.double().flatten(1).T @ own_real, fake.T @ own_fake  # (784, 1)
    _reported(step, "d_step", "d_loss")
    before = weight.double()
    same(
        step["weight"], before - RATE_D * (by_real + by_fake), rtol=1e-4, atol=1e-6, call="weights of D after one d_step",
        suspects={
            "D did not change: is there no backward(), or no step()?": before,
            "only the real images count": before - RATE_D * by_real,
            "only the generated images count": before - RATE_D * by_fake,
            "a step up the gradient, not down": before + RATE_D * (by_real + by_fake),
            "two steps in one?": before - 2 * RATE_D * (by_real + by_fake),
        },
    )  # fmt: skip
    after = bias.double() - RATE_D * (own_real.sum() + own_fake.sum())
    same(step["bias"], after, rtol=1e-4, atol=1e-6, call="bias of D after one d_step")
    unmoved = "weights of G after one d_step, which trains D alone"
    same(step["matrix"], matrix, rtol=0, atol=0, call=unmoved)
    _in_train_mode(step, "d_step")


@check(
    points=7, task="steps", level="wiring",
    hint="loss = g_loss(D(G(z))), then zero_grad, backward, step, once each. No detach() and no no_grad() here: the gradient "
    "comes to G through D. D stays as it is. Judged against your own g_loss: if that one is wrong, mend it first.",
)  # fmt: skip
def check_g_step(generator_step, matrix, weight, bias, z):
    """g_step makes one step down the gradient of your own g_loss, through D; the discriminator does not change"""
    step, fake = generator_step, (z.double() @ matrix.double()).tanh()  # (7, 784)
    own_fake = _own(step["own_fake"], "own_fake")
    gradient = z.double().T @ (own_fake @ weight.double().T * (1 - fake.square()))  # (5, 784)
    _reported(step, "g_step", "g_loss")
    before = matrix.double()
    same(
        step["matrix"], before - RATE_G * gradient, rtol=1e-4, atol=1e-6, call="weights of G after one g_step",
        suspects={
            "no gradient reaches G: is a detach() or no_grad() in the way, or is there no step()?": before,
            "a step up the gradient, not down": before + RATE_G * gradient,
            "two steps in one?": before - 2 * RATE_G * gradient,
        },
    )  # fmt: skip
    for name, value in (("weight", weight), ("bias", bias)):
        same(step[name], value, rtol=0, atol=0, call=f"{name} of D after one g_step, which trains G alone")
    _in_train_mode(step, "g_step")


@check(
    points=3, task="images", level="value",
    hint="images.float() / 127.5 - 1: a byte 0 becomes -1, 255 becomes 1. Convert to float first: bytes overflow.",
)  # fmt: skip
def check_prepare(prepared, pixels):
    """prepare maps bytes to [-1, 1], the range of the generator's tanh"""
    x = pixels.double()
    same(
        prepared, x / 127.5 - 1, rtol=1e-5, atol=1e-6, call="prepare(images)",
        suspects={
            "this is [0, 1]; real images then never go below 0, generated ones do": x / 255,
            "this is [-0.5, 0.5]": x / 255 - 0.5,
            "this divides by 128": x / 128 - 1,
            "the bytes are not scaled": x,
            "the image is turned to its negative": 1 - x / 127.5,
        },
    )  # fmt: skip


@check(
    points=5, task="images", level="wiring",
    hint="Remember generator.training, call generator.eval(), compute G(z) under torch.no_grad(), then generator.train(what it "
    "was). ((images + 1) * 127.5).round() to bytes: without round() every pixel is up to one grey level too dark.",
)  # fmt: skip
def check_sample(sampled, levels):
    """sample gives G(z) in eval mode as rounded bytes, and leaves the generator in the mode it was in"""
    right = levels.double().round()
    train = (levels.double().flip(1, 2) / 2 + 63.75).round()  # what the stand-in gives in train mode
    for name, mode in (("from_training", "train"), ("from_evaluating", "eval")):
        same(
            sampled[name], right, rtol=0, atol=0.1, dtype=torch.uint8, call=f"sample(generator, z) of a generator in {mode} mode",
            suspects={
                "the generator was not in eval mode": train,
                "cut off, not rounded": levels.double().floor(),
                "as if the generator gave [0, 1]": (255 * (levels.double() / 127.5 - 1)).clamp(0, 255).round(),
            },
        )  # fmt: skip
    same(
        sampled["modes"], torch.tensor([1.0, 0.0]), call="mode after sample (1: train): of a generator in train, one in eval",
        suspects={"the generator is left in eval mode, and trains on in it": torch.zeros(2),
                  "the generator is always put into train mode": torch.ones(2)},
    )  # fmt: skip


@check(
    points=4, task="training", level="quality",
    hint="Train with train.py and its default settings, and hand in the file it writes. If the score printed there stays low, "
    "first mend the checks above: each of them is a part of this number.",
)  # fmt: skip
def check_inception_score(samples, known_images, limit):
    """The Inception Score of 2,000 images that your trained generator makes from noise that is drawn here"""
    images = _images(samples)
    gates.not_copied(images, known_images, call="G(z)")
    _, logits = cache.encoded(embedded("fashion_mnist"), images)
    above(inception_score(logits), limit, what="Inception Score of 2,000 images", cause="not trained, or not long enough?")


_WORDS = {
    "convolution": "nn.Conv2d", "transposed": "nn.ConvTranspose2d", "linear": "nn.Linear",
    "without_bias": "nn.Conv2d(bias=False)", "normalisation": "nn.BatchNorm2d",
}  # fmt: skip


_SPREADS = (
    (0, 1e-2, "0.02 is the standard deviation, not 0.0004; or is every weight the same?"),
    (0.3, 0.37, "uniform, not normal"),
    (40, 60, "0.02 is the standard deviation, not the variance"),
    (2400, 2600, "batch normalisation multiplies: its weights start near 1, not near 0"),
    (6e4, 6.5e4, "its weights are left as they were"),
)
"""What a mean square of (weight - centre) / 0.02 comes from."""


def _generator_agrees_with_alone(generator):
    """images (7, 1, 28, 28), each the same when its z is alone in the batch."""
    images = shaped(generator["images"], (7, 1, 28, 28), call="Generator(5)(z) for 7 codes")
    alone = shaped(generator["alone"], (1, 1, 28, 28), call="Generator(5)(z) for one code")
    same(alone, images[2:3], rtol=1e-3, atol=1e-2, call="image of the third z, alone in its batch", suspects={
        "another code's image: is the batch mixed up in a reshape?": images.flip(0)[2:3]})  # fmt: skip
    return images


def _discriminator_agrees_with_alone(discriminator):
    """logits (7, 1), each the same when its image is alone in the batch."""
    logits = shaped(discriminator["logits"], (7, 1), call="Discriminator()(x) for 7 images")
    alone = shaped(discriminator["alone"], (1, 1), call="Discriminator()(x) for one image")
    close = 1e-3 * float(logits.abs().max())
    same(alone, logits[2:3], rtol=1e-3, atol=close, call="logit of the third image, alone in its batch", suspects={
        "another image's logit: is the batch mixed up in a reshape?": logits.flip(0)[2:3]})  # fmt: skip
    return logits


def _drawn_from_normal(weight, centre, what):
    """Mean, variance and fourth moment of N(centre, 0.02^2), within SIGMAS standard errors."""
    n, noise = len(weight), (weight - centre) / 0.02
    spread, allowed = float(noise.square().mean()), SIGMAS * (2 / n) ** 0.5
    require(
        abs(spread - 1) <= allowed, expected=f"1 within {allowed:.2g}", got=f"{spread:.4g}",
        call=f"mean square of (weight - {centre:g}) / 0.02 of {what}",
        cause=next((cause for low, high, cause in _SPREADS if low <= spread <= high), ""),
    )  # fmt: skip
    near(weight.mean(), centre, SIGMAS * 0.02 / n**0.5, dtype=None, call=f"mean of the weights of {what}")
    fourth = f"fourth moment of (weight - {centre:g}) / 0.02 of {what}"
    near(noise.pow(4).mean(), 3.0, SIGMAS * (96 / n) ** 0.5, dtype=None, call=fourth, suspects={"uniform, not normal": 1.8})


def _labels_stretched(real, fake):
    """Twice the mean over a batch of both kinds, labels (2B,) beside logits (2B, 1): every label meets every logit."""
    logits = torch.cat([real, fake])
    return 2 * (F.softplus(logits).mean() - logits.mean() / 2)


def _own(gradient, name):
    """The gradient of the student's own loss, (7, 1), which must not be zero everywhere."""
    loss = "d_loss" if name == "own_real" else "your own loss"
    value = shaped(gradient, (7, 1), call=f"gradient of {loss} with respect to the logits")
    require(bool(value.abs().max() > 0), call="gradient of your own loss", expected="not 0 everywhere", got="all zeros",
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
