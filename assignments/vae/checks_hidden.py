"""Judged in the grade only: 43 points. The hints are shown when a check fails; what was expected is not."""

import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, Normal, kl_divergence

from autograder.checks import check
from autograder.compare import below, between, differ, near, same, shaped

SIGMAS = 6
"""Monte-Carlo tolerances, in standard errors: about thirty comparisons, so a right answer fails once in 10 million runs."""


@check(
    points=5, task="reparameterize", level="distribution",
    hint="Without noise, draw it from the standard normal, anew in each call, and a number of its own for each element: "
    "torch.randn_like(mu). torch.rand is uniform; one row, or one number, for the whole batch is not enough.",
)  # fmt: skip
def check_reparameterize_distribution(reparameterize_own_noise, many_mu, many_logvar):
    """Without noise, z is drawn from N(mu, sigma^2), every element and every call on its own"""
    sigma, n = (many_logvar.double() / 2).exp(), len(many_mu)
    draws = []
    for call in ("first", "second"):
        z = shaped(reparameterize_own_noise[call], tuple(many_mu.shape), call="reparameterize(mu, logvar)")
        draws.append((z.double() - many_mu.double()) / sigma)  # (N, 3), standard normal
    for noise in draws:
        _standard_normal(noise, "(z - mu) / sigma of reparameterize(mu, logvar)", fourth=True)
        _uncorrelated(noise[1:], noise[:-1], "noise of neighbouring images", "one noise for the whole batch")
        _uncorrelated(noise, noise.roll(1, 1), "noise of neighbouring latent dimensions", "one number for all latent dimensions")
    _uncorrelated(draws[0], draws[1], "noise of two calls", f"the same noise in both calls of {n} images")


@check(
    points=3, task="kl", level="value",
    hint="Keep to logvar: 1 + logvar - mu^2 - exp(logvar). A constant inside a logarithm, a clamp, or a size written as a number "
    "goes wrong for narrow, wide or differently sized posteriors.",
)  # fmt: skip
def check_kl_extreme(kl_extreme, extreme_mu, extreme_logvar):
    """The KL holds for very narrow and very wide posteriors, and for another B and Z"""
    mu, logvar = extreme_mu.double(), extreme_logvar.double()
    want = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0)).sum(1)  # (3,)
    clamped = (mu.square() + logvar.exp() - 1 - logvar.clamp(-10, 10)).sum(1) / 2
    same(
        kl_extreme, want, rtol=1e-4, call="kl_divergence of very narrow and very wide posteriors",
        suspects={"is logvar clamped?": clamped, "the factor 1/2 is missing": 2 * want,
                  "a mean over the latent dimensions": want / 11},
    )  # fmt: skip


@check(
    points=3, task="kl", level="gradient",
    hint="The gradient of the KL is mu with respect to mu, and (exp(logvar) - 1) / 2 with respect to logvar. A detach(), .data, "
    ".item() or torch.no_grad() loses it, and the code is no longer pulled to the prior.",
)  # fmt: skip
def check_kl_gradient(kl_gradient, mu, logvar, share):
    """The gradient of the KL reaches mu and logvar"""
    by_mu, by_logvar = share[:, None] * mu, share[:, None] * (logvar.exp() - 1) / 2  # (7, 5), (7, 5)
    for name, want in (("mu", by_mu), ("logvar", by_logvar)):
        same(
            kl_gradient[name], want, rtol=1e-4, atol=1e-5, call=f"gradient of the KL with respect to {name}",
            suspects={"no gradient": torch.zeros_like(want), "the factor 1/2 is missing": 2 * want},
        )  # fmt: skip


@check(
    points=3, task="reconstruction", level="value",
    hint="Do not form the sigmoid and take its logarithm: sigmoid(30) is 1 in float32, and log(1 - 1) is minus infinity. "
    "F.binary_cross_entropy_with_logits works on logits and is stable; so is softplus(logits) - x * logits.",
)  # fmt: skip
def check_reconstruction_stable(reconstruction_sure, sure_logits, x):
    """The reconstruction term is right for logits as large as 140"""
    logits = sure_logits.double()
    want = (F.softplus(logits) - x.double() * logits).flatten(1).sum(1)  # (7,)
    clamped = _clamped_cross_entropy(logits.float(), x).flatten(1).sum(1)
    same(
        reconstruction_sure, want, rtol=1e-4, call="reconstruction_loss(logits, x) for logits as large as 140",
        suspects={"the logarithm of a sigmoid that was rounded to 0 or 1": clamped, "a mean over the pixels": want / 784},
    )  # fmt: skip


@check(
    points=3, task="reconstruction", level="gradient",
    hint="The gradient of -log p(x|z) with respect to a logit is sigmoid(logit) - x. Rounding, clamping or detaching loses it.",
)  # fmt: skip
def check_reconstruction_gradient(reconstruction_gradient, logits, x, share):
    """The gradient of the reconstruction term with respect to the logits is sigmoid(logits) - x"""
    want = share[:, None, None, None] * (logits.sigmoid() - x)  # (7, 1, 28, 28)
    same(
        reconstruction_gradient, want, rtol=1e-4, atol=1e-5,
        call="gradient of the reconstruction term with respect to the logits",
        suspects={"no gradient": torch.zeros_like(want), "a mean over the pixels, where the sum belongs": want / 784},
    )  # fmt: skip


@check(
    points=2, task="elbo", level="value",
    hint="All three numbers are means over the batch: a batch with every image in it twice has the same loss. A sum over the "
    "batch makes the learning rate depend on the batch size.",
)  # fmt: skip
def check_elbo_duplicated_batch(elbo_twice):
    """Every image twice in the batch: loss, rec and kl stay the same"""
    for name in ("loss", "rec", "kl"):
        once = shaped(elbo_twice["once"][name], (), call=f'negative_elbo(model, x, noise)["{name}"]')
        same(
            elbo_twice["twice"][name], once, rtol=1e-4, call=f'negative_elbo(model, x, noise)["{name}"] with every image twice',
            suspects={"a sum over the batch, where the mean belongs": 2 * once},
        )  # fmt: skip


@check(
    points=5, task="elbo", level="gradient",
    hint="loss has to carry both gradients: of rec, through logits, z, mu and logvar, and of kl. Add the tensors themselves: a "
    "detach(), an .item(), a float() or torch.tensor(...) on the way cuts one of them.",
)  # fmt: skip
def check_elbo_gradient(elbo_gradient, mu, logvar, matrix, x, noise):
    """The gradient of the loss reaches mu, logvar and the decoder, through both terms"""
    names, (rec, kl) = ("mu", "logvar", "matrix"), _gradients_of_terms(mu, logvar, matrix, x, noise)
    for name, by_rec, by_kl in zip(names, rec, kl, strict=True):
        where = "the decoder's weights" if name == "matrix" else name
        want = by_rec + by_kl
        suspects = {f"no gradient reaches {where}": 0 * want, "a sum over the batch, where the mean belongs": len(mu) * want}
        if name != "matrix":
            suspects |= {"only the KL's gradient: rec is cut off": by_kl, "only rec's gradient: the KL is cut off": by_rec}
        same(
            elbo_gradient[name], want, rtol=1e-3, atol=1e-4, suspects=suspects,
            call=f"gradient of the loss with respect to {where}",
        )  # fmt: skip


@check(
    points=2, task="elbo", level="distribution",
    hint="Without noise, pass None on to reparameterize, which then draws: a new z in each call. Decoding mu, or zeros for the "
    "noise, trains an ordinary autoencoder.",
)  # fmt: skip
def check_elbo_draws_noise(elbo_own_noise, distant_mu, narrow_logvar):
    """Without noise, each call decodes a new z near mu"""
    shape = tuple(distant_mu.shape)
    first, second = (shaped(elbo_own_noise[call], shape, call="what model.decoder got") for call in ("first", "second"))
    cause = "nothing is drawn: mu is decoded, or a fixed seed is set"
    differ(first, second, call="z of two calls of negative_elbo(model, x)", cause=cause)
    for z in (first, second):
        distance = (z.double() - distant_mu.double()) / (narrow_logvar.double() / 2).exp()
        between(distance, -8, 8, dtype=None, call="(z - mu) / sigma of negative_elbo(model, x)", cause="not a draw from q(z|x)")


@check(
    points=5, task="sample", level="distribution",
    hint="z comes from the prior: torch.randn(n, model.latent, generator=generator). Pass the generator on, and set no seed "
    "yourself: the same generator state gives the same images, the next call gives new ones.",
)  # fmt: skip
def check_sample_draws_from_prior(drawn_again, matrix):
    """Codes come from N(0, I), and the generator alone decides them"""
    drawn = {name: _drawn(drawn_again[name], 300, matrix) for name in ("first", "next", "again")}
    _standard_normal(torch.cat([drawn["first"], drawn["next"]]).double(), "codes that sample decoded", fourth=False)
    differ(drawn["first"], drawn["next"], call="sample with one generator, twice", cause="a fixed seed inside sample?")
    same(drawn["again"], drawn["first"], rtol=1e-4, atol=1e-5, call="codes of sample for a generator with the same seed")


@check(
    points=7, task="training", level="quality",
    hint="The bound on images that the model never saw. Train with train.py and its default settings; if the bound on training "
    "images is good and this one is not, the model was trained too long or on too few images.",
)  # fmt: skip
def check_trained_on_heldout_images(heldout, heldout_images, heldout_noise, limit):
    """The trained model's negative ELBO on held-out images, computed here from mu, logvar and logits"""
    n, latent = heldout_noise.shape
    shapes = {"mu": (n, latent), "logvar": (n, latent), "logits": tuple(heldout_images.shape)}
    mu, logvar, logits = (_whole(heldout, name, shape).double() for name, shape in shapes.items())
    rec = -Bernoulli(logits=logits, validate_args=False).log_prob(heldout_images.double()).flatten(1).sum(1).mean()
    kl = (mu.square() + logvar.exp() - 1 - logvar).sum(1).mean() / 2
    cause = f"rec {float(rec):.1f}, kl {float(kl):.1f}"
    below(float(rec + kl), limit, what="-ELBO of 1,000 held-out images, nats per image", cause=cause)


@check(
    points=5, task="training", level="quality",
    hint="Decoded codes from the prior have to look like clothes. If reconstructions are good and samples are not, the codes of "
    "images lie where the prior does not: the KL is too weak, or has no gradient. If both are bad, train longer.",
)  # fmt: skip
def check_samples_resemble_images(decoded, heldout_images, limit):
    """Images decoded from the prior resemble held-out images: energy distance between the two sets"""
    logits = shaped(decoded["logits"], (600, 1, 28, 28), call="logits of 600 codes", cause="did the training diverge?")
    few = shaped(decoded["few"], (7, 1, 28, 28), call="logits of 7 codes")
    same(few, logits[3:10], rtol=1e-3, atol=1e-3, call="logits of 7 codes, decoded alone")
    made, real = logits.double().sigmoid().flatten(1), heldout_images.double().flatten(1)  # (600, 784), (1000, 784)
    across = 2 * torch.cdist(made, real).mean() - _mean_distance(made) - _mean_distance(real)
    what = "energy distance of 600 decoded codes to 1,000 held-out images, root mean square per pixel"
    below(float(across) / 28, limit, what=what)


def _standard_normal(values, call, *, fourth):
    """Mean 0 and variance 1 in each column, fourth moment 3 in all, within SIGMAS standard errors."""
    n, columns = values.shape
    zero, one = torch.zeros(columns), torch.ones(columns)
    near(values.mean(0), zero, SIGMAS / n**0.5, dtype=None, call=f"mean of {call}", suspects={
        "uniform in [0, 1], not normal": one / 2})  # fmt: skip
    near(values.square().mean(0), one, SIGMAS * (2 / n) ** 0.5, dtype=None, call=f"mean square of {call}", suspects={
        "uniform in [0, 1], not normal": one / 3, "nothing is drawn": zero})  # fmt: skip
    if fourth:
        tolerance = SIGMAS * (96 / values.numel()) ** 0.5
        near(values.pow(4).mean(), 3.0, tolerance, dtype=None, call=f"fourth moment of {call}", suspects={
            "uniform, not normal": 1.8})  # fmt: skip


def _uncorrelated(a, b, call, cause):
    """Mean product 0, column by column, within SIGMAS standard errors."""
    product = (a * b).mean(0)
    near(product, torch.zeros_like(product), SIGMAS / len(a) ** 0.5, dtype=None, call=f"correlation of {call}", suspects={
        cause: torch.ones_like(product)})  # fmt: skip


def _mean_distance(images):
    """Mean distance of two different images of one set."""
    return torch.cdist(images, images).sum() / (len(images) * (len(images) - 1))


def _clamped_cross_entropy(logits, x):
    """What the cross-entropy of probabilities gives, float32, logarithms clamped at -100."""
    return F.binary_cross_entropy(logits.sigmoid(), x, reduction="none").double()


def _gradients_of_terms(mu, logvar, matrix, x, noise):
    """Gradients of rec and of kl, batch means, with respect to mu, logvar and the linear decoder's matrix; in float64."""
    leaves = [t.double().requires_grad_() for t in (mu, logvar, matrix)]
    m, v, w = leaves
    logits = (m + (v / 2).exp() * noise.double()) @ w  # (7, 784)
    rec = -Bernoulli(logits=logits, validate_args=False).log_prob(x.double().flatten(1)).sum(1).mean()
    kl = kl_divergence(Normal(m, (v / 2).exp()), Normal(0.0, 1.0)).sum(1).mean() + 0 * w.sum()
    return torch.autograd.grad(rec, leaves), torch.autograd.grad(kl, leaves)


def _whole(seen, name, shape):
    """One leaf of the trained model's answer, the same for seven of the images alone."""
    value = shaped(seen[name], shape, call=f"{name} of the trained model", cause="did the training diverge?")
    few = shaped(seen[f"few_{name}"], (7, *shape[1:]), call=f"{name} of 7 images")
    same(few, value[3:10], rtol=1e-3, atol=1e-3, call=f"{name} of 7 images, computed alone")
    return value


def _drawn(drawn, n, matrix):
    """Codes (n, 5), after proof that the images belong to them."""
    z = shaped(drawn["z"], (n, len(matrix)), call=f"codes that sample(model, {n}, generator) decoded")
    images = between(drawn["images"], 0, 1, shape=(n, 1, 28, 28), call=f"sample(model, {n}, generator)", cause="logits?")
    want = (z.double() @ matrix.double()).sigmoid().view(n, 1, 28, 28)
    same(images, want, rtol=1e-3, atol=1e-4, call=f"sample(model, {n}, generator)")
    return z
