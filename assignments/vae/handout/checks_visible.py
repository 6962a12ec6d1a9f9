"""Judged in the student's own `check` and in the grade: 57 points."""

import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, Normal, kl_divergence

from autograder.checks import check
from autograder.compare import below, between, differ, require, same, shaped

PIXELS = 784


@check(
    points=4, task="encoder", level="shape",
    hint="Flatten each image with x.flatten(1), which keeps the batch dimension, and return two tensors (B, Z). Never reshape "
    "with a fixed batch size, and never squeeze: a batch of one image has to work too.",
)  # fmt: skip
def check_encoder_shapes(encoder):
    """The encoder gives mu and logvar of shape (B, Z), and treats every image on its own"""
    _agrees_with_alone(encoder)


@check(
    points=3, task="encoder", level="wiring",
    hint="Two separate linear heads on the same hidden layer, with nothing after them. logvar is a logarithm: it may be "
    "negative, and so may mu. No ReLU, exp or softplus on a head.",
)  # fmt: skip
def check_encoder_heads(encoder):
    """mu and logvar come from two heads of their own, may have either sign, and depend on the image"""
    mu, logvar = _agrees_with_alone(encoder)
    differ(mu, logvar, call="mu and logvar of Encoder(37)", cause="both come from the same head")
    for name, value, cause in (
        ("mu", mu, "an activation after the head?"),
        ("logvar", logvar, "is it the variance or the standard deviation, not the logarithm of the variance?"),
    ):
        differ(value[0], value[1], call=f"{name} of two different images", cause="the encoder does not look at the image")
        require(
            bool((value > 0).any() and (value < 0).any()), call=f"{name} of 7 images, 37 dimensions", cause=cause,
            expected="positive and negative values", got=f"values from {float(value.min()):.3g} to {float(value.max()):.3g}",
        )  # fmt: skip


@check(
    points=6, task="reparameterize", level="value",
    hint="sigma is the square root of the variance: sigma = exp(logvar / 2). When noise is given, use it and draw nothing.",
)  # fmt: skip
def check_reparameterize_value(reparameterized, mu, logvar, noise):
    """With given noise, z = mu + sigma * noise"""
    same(
        reparameterized, mu + (logvar / 2).exp() * noise, rtol=1e-5, atol=1e-5, call="reparameterize(mu, logvar, noise)",
        suspects={
            "exp(logvar) is the variance; sigma is its square root": mu + logvar.exp() * noise,
            "sigma^2 where sigma belongs, twice over: exp(2 * logvar)": mu + (2 * logvar).exp() * noise,
            "logvar itself is used as sigma": mu + logvar * noise,
            "the sign of logvar is flipped": mu + (-logvar / 2).exp() * noise,
            "the noise is ignored": mu,
            "mu is left out": (logvar / 2).exp() * noise,
            "the noise is scaled by the mean, and shifted by sigma": mu * noise + (logvar / 2).exp(),
        },
    )  # fmt: skip


@check(
    points=4, task="reparameterize", level="gradient",
    hint="z has to be an ordinary differentiable function of mu and logvar: no detach(), no .data, no torch.no_grad(), no "
    "torch.normal(mu, sigma) and no Normal(mu, sigma).sample(), which cut the gradient (rsample() does not).",
)  # fmt: skip
def check_reparameterize_gradient(reparameterize_gradient, logvar, noise, weight):
    """The gradient of z reaches mu and logvar"""
    same(
        reparameterize_gradient["mu"], weight, rtol=1e-5, atol=1e-6, call="gradient of sum(weight * z) with respect to mu",
        suspects={"no gradient reaches mu": torch.zeros_like(weight)},
    )  # fmt: skip
    want = weight * noise * (logvar / 2).exp() / 2  # dz / dlogvar = sigma * noise / 2
    same(
        reparameterize_gradient["logvar"], want, rtol=1e-4, atol=1e-5, call="gradient of sum(weight * z) with respect to logvar",
        suspects={"no gradient reaches logvar": torch.zeros_like(want), "sigma = exp(logvar / 2): the 1/2 is missing": 2 * want},
    )  # fmt: skip


@check(
    points=4, task="decoder", level="shape",
    hint="End self.layers in nn.Unflatten(1, (1, 28, 28)), or in a convolution with one output channel: logits are (B, 1, 28, "
    "28).",
)  # fmt: skip
def check_decoder_shapes(decoder):
    """The decoder gives logits of shape (B, 1, 28, 28), and treats every code on its own"""
    logits = _decoder_agrees_with_alone(decoder)
    differ(logits[0], logits[1], call="logits of two different codes", cause="the decoder does not look at z")


@check(
    points=3, task="decoder", level="wiring",
    hint="Leave out the last activation. The decoder gives logits: reconstruction_loss and sample apply the sigmoid themselves, "
    "and a sigmoid applied twice can say nothing but probabilities between 0.5 and 0.73.",
)  # fmt: skip
def check_decoder_gives_logits(decoder):
    """The decoder gives logits, not probabilities"""
    logits = _decoder_agrees_with_alone(decoder)
    least, most = float(logits.min()), float(logits.max())
    inside = "a sigmoid" if least >= 0 and most <= 1 else "a tanh" if least >= -1 and most <= 1 else "a ReLU"
    require(
        least < -1 and most > 1, call="Decoder(5)(z) for codes far from 0", cause=f"is {inside} left at the end?",
        expected="logits below -1 and above 1", got=f"values from {least:.3g} to {most:.3g}",
    )  # fmt: skip


@check(
    points=6, task="kl", level="value",
    hint="-1/2 * sum over j of (1 + logvar_j - mu_j^2 - exp(logvar_j)). Sum over the latent dimensions, dim 1, and not over the "
    "batch: one number for each image. Mind the 1/2, the square of mu, and that exp(logvar) is already sigma^2.",
)  # fmt: skip
def check_kl_value(kl, mu, logvar):
    """KL(q(z|x) || p(z)) agrees with the closed form, one number for each image"""
    q, p, zero = Normal(mu.double(), (logvar.double() / 2).exp()), Normal(0.0, 1.0), torch.zeros(7, dtype=torch.float64)
    want, latent = kl_divergence(q, p).sum(1), mu.shape[1]  # (7,)
    variance = logvar.double().exp()
    same(
        kl, want, rtol=1e-4, atol=1e-5, call="kl_divergence(mu, logvar)",
        suspects={
            "the factor 1/2 is missing": 2 * want,
            "a mean over the latent dimensions, where the sum belongs": want / latent,
            "the sign is flipped: a KL divergence is never negative": -want,
            "summed over the batch as well": zero + want.sum(),
            "this is KL(p || q): the two distributions are swapped": kl_divergence(p, q).sum(1),
            "mu is not squared": want + ((mu - mu.square()) / 2).sum(1),
            "mu is left out": want - (mu.square() / 2).sum(1),
            "sigma is used where sigma^2 = exp(logvar) belongs": want + ((variance.sqrt() - variance) / 2).sum(1),
            "exp(logvar) is sigma^2 already; it is squared once more": want + ((variance.square() - variance) / 2).sum(1),
            "logvar is left out of the sum": want + logvar.sum(1) / 2,
            "the 1 is left out of the sum": want + latent / 2,
        },
    )  # fmt: skip


@check(
    points=6, task="reconstruction", level="value",
    hint="F.binary_cross_entropy_with_logits(logits, x, reduction='none'), then a sum over all pixels of each image: "
    "flatten(1).sum(1). It is minus a log-probability of 784 pixels: a positive number, several hundred nats.",
)  # fmt: skip
def check_reconstruction_value(reconstruction, logits, x):
    """The reconstruction term is -log p(x|z) of a Bernoulli for each pixel, summed over pixels"""
    log_p = Bernoulli(logits=logits.double(), validate_args=False).log_prob(x.double())  # (7, 1, 28, 28)
    want, zero, y = -log_p.flatten(1).sum(1), torch.zeros(7, dtype=torch.float64), logits.double().sigmoid()
    twice = F.binary_cross_entropy_with_logits(y, x.double(), reduction="none").flatten(1).sum(1)
    same(
        reconstruction, want, rtol=1e-4, call="reconstruction_loss(logits, x)",
        suspects={
            "a mean over the pixels, where the sum belongs": want / PIXELS,
            "the sign is flipped: minus the log-probability is asked": -want,
            "summed over the batch as well": zero + want.sum(),
            "averaged over the batch as well": zero + want.mean(),
            "the sigmoid is applied twice: the loss expects logits": twice,
            "the squared error; a Bernoulli pixel asks for the binary cross-entropy": (y - x).square().flatten(1).sum(1),
            "the term (1 - x) log(1 - y) is missing": -(x * y.log()).flatten(1).sum(1),
            "x and logits are swapped": F.binary_cross_entropy_with_logits(x.double(), y, reduction="none").flatten(1).sum(1),
        },
    )  # fmt: skip


@check(
    points=6, task="elbo", level="value",
    hint="rec is reconstruction_loss(logits, x).mean(), kl is kl_divergence(mu, logvar).mean(), both over the batch, and loss = "
    "rec + kl. Judged against your own two functions: if those are wrong, mend them first.",
)  # fmt: skip
def check_elbo_value(elbo, mu):
    """loss = rec + kl, each the mean over the batch of your own two terms"""
    batch, latent = mu.shape
    rec, kl = (shaped(elbo[f"own_{name}"], (), call=f"mean of your own {name} term").double() for name in ("rec", "kl"))
    got = f"{float(rec):.4g} and {float(kl):.4g}"
    require(bool(rec != 0 and kl != 0), call="your own two terms", expected="two numbers that are not 0", got=got)
    same(
        elbo["rec"], rec, rtol=1e-4, call='negative_elbo(model, x, noise)["rec"]',
        suspects={"summed over the batch; the mean belongs here": batch * rec, "averaged over the pixels as well": rec / PIXELS,
                  "rec and kl are swapped": kl, "the sign is flipped: this is a loss": -rec},
    )  # fmt: skip
    same(
        elbo["kl"], kl, rtol=1e-4, call='negative_elbo(model, x, noise)["kl"]',
        suspects={"summed over the batch; the mean belongs here": batch * kl, "the sign is flipped": -kl,
                  "averaged over the latent dimensions as well": kl / latent, "scaled by the number of pixels": kl / PIXELS},
    )  # fmt: skip
    same(
        elbo["loss"], rec + kl, rtol=1e-4, call='negative_elbo(model, x, noise)["loss"]',
        suspects={"the KL is subtracted: minus the ELBO is rec plus kl": rec - kl,
                  "the KL is left out, or divided by the number of pixels": rec,
                  "the reconstruction term is left out": kl, "this is the ELBO; its negative is asked": -rec - kl},
    )  # fmt: skip


@check(
    points=4, task="elbo", level="wiring",
    hint="model.encoder gets x as it is; model.decoder gets z = reparameterize(mu, logvar, noise), not mu. Hand the noise on.",
)  # fmt: skip
def check_elbo_wiring(elbo_asked, x, mu):
    """The encoder gets x, the decoder gets the z of your own reparameterize, with the given noise"""
    same(
        elbo_asked["x"], x, call="what negative_elbo(model, x, noise) gave to model.encoder",
        suspects={"x is made black and white first": x.round(), "x is moved to [-1, 1] first": 2 * x - 1},
    )  # fmt: skip
    own_z = shaped(elbo_asked["own_z"], tuple(mu.shape), call="reparameterize(mu, logvar, noise)")
    same(
        elbo_asked["z"], own_z, rtol=1e-4, atol=1e-5, call="what negative_elbo(model, x, noise) gave to model.decoder",
        suspects={"mu is decoded, where z belongs": mu},
    )  # fmt: skip


@check(
    points=4, task="sample", level="wiring",
    hint="Draw z of shape (n, model.latent), decode it, and apply the sigmoid: the decoder gives logits. Return the "
    "probabilities, not black and white draws from them.",
)  # fmt: skip
def check_sample_decodes_codes(drawn, matrix):
    """sample(model, n) gives n images, the sigmoid of the decoder's logits for n codes"""
    z, images = _drawn(drawn, 11, matrix)
    differ(z[0], z[1], call="two of the codes that sample decoded", cause="one code for all images")
    differ(images[0], images[1], call="two of the images of sample(model, 11)", cause="one code for all images")


@check(
    points=7, task="training", level="quality",
    hint="Train with train.py and its default settings, and hand in the file it writes. If the loss printed there stops far "
    "above 260, first mend the checks above: each of them is a part of this number.",
)  # fmt: skip
def check_trained_on_training_images(shown, shown_images, shown_noise, limit):
    """The trained model's negative ELBO on training images, computed here from mu, logvar and logits"""
    rec, kl = _bound(shown, shown_images, shown_noise)
    below(rec + kl, limit, what="-ELBO of 512 training images, nats per image", cause=_reason(rec, kl))


def _agrees_with_alone(encoder):
    """mu and logvar (7, 37), each image's the same when it is encoded alone."""
    found = []
    for name in ("mu", "logvar"):
        value = shaped(encoder[name], (7, 37), call=f"{name} of Encoder(37) for 7 images")
        alone = shaped(encoder[f"{name}_alone"], (1, 37), call=f"{name} of Encoder(37) for one image")
        same(alone, value[2:3], rtol=1e-3, atol=1e-4, call=f"{name} of the third image, encoded alone", suspects={
            "another image's answer: is the batch mixed up in a reshape?": value.flip(0)[2:3]})  # fmt: skip
        found.append(value)
    return found


def _decoder_agrees_with_alone(decoder):
    """logits (7, 1, 28, 28), each code's the same when it is decoded alone."""
    logits = shaped(decoder["logits"], (7, 1, 28, 28), call="Decoder(5)(z) for 7 codes")
    alone = shaped(decoder["logits_alone"], (1, 1, 28, 28), call="Decoder(5)(z) for one code")
    same(alone, logits[2:3], rtol=1e-3, atol=1e-2, call="logits of the third code, decoded alone")
    return logits


def _drawn(drawn, n, matrix):
    """Codes (n, 5) and images (n, 1, 28, 28) in [0, 1] that belong to each other."""
    cause = "z is (n, model.latent), from the prior"
    z = shaped(drawn["z"], (n, len(matrix)), call=f"codes that sample(model, {n}) decoded", cause=cause)
    cause = "are these logits? The sigmoid is missing"
    images = between(drawn["images"], 0, 1, shape=(n, 1, 28, 28), call=f"sample(model, {n})", cause=cause)
    want = (z.double() @ matrix.double()).sigmoid().view(n, 1, 28, 28)
    same(images, want, rtol=1e-3, atol=1e-4, call=f"sample(model, {n})", suspects={
        "probabilities are asked, not black and white draws": images.round() if bool((images == images.round()).all()) else want,
        "the logits are clamped; the sigmoid belongs here": (z @ matrix).clamp(0, 1).view(n, 1, 28, 28),
        "the sigmoid is applied twice": want.sigmoid()})  # fmt: skip
    return z, images


def _bound(seen, images, noise):
    """Mean reconstruction term and mean KL, in nats per image, from what the networks gave."""
    n, latent = noise.shape
    full = {name: shaped(seen[name], shape, call=f"{name} of the trained model", cause="did the training diverge?")
            for name, shape in (("mu", (n, latent)), ("logvar", (n, latent)), ("logits", tuple(images.shape)))}  # fmt: skip
    for name, value in full.items():
        few = shaped(seen[f"few_{name}"], tuple(value[3:10].shape), call=f"{name} of 7 images")
        same(few, value[3:10], rtol=1e-3, atol=1e-3, call=f"{name} of 7 images, computed alone")
    mu, logvar, logits = (full[name].double() for name in ("mu", "logvar", "logits"))
    rec = -Bernoulli(logits=logits, validate_args=False).log_prob(images.double()).flatten(1).sum(1).mean()
    kl = (mu.square() + logvar.exp() - 1 - logvar).sum(1).mean() / 2
    return float(rec), float(kl)


def _reason(rec, kl):
    """What a bad bound most often comes from."""
    if kl < 2:
        return f"rec {rec:.1f}, kl {kl:.2f}: the code carries nothing; was the KL too strong beside rec (summed, not averaged)?"
    if kl > 60:
        return f"rec {rec:.1f}, kl {kl:.1f}: codes far from the prior; did the KL count in training, and is the code noisy?"
    return f"rec {rec:.1f}, kl {kl:.1f}: not trained, or not long enough?"
