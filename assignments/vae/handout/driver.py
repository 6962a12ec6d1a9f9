"""What is observed inside, beside the student's code. Calls it, returns what came; judges nothing.

Where the architecture is free, an answer comes back beside a second one that it has to agree with: a batch, and one of
its images alone.
"""

import torch
from torch import Tensor, nn

ONE, FEW = slice(2, 3), slice(3, 10)
"""Rows that are computed a second time, alone: networks of any architecture have to treat each image on its own."""


class _Encoder(nn.Module):
    """Answers with a given mean and log-variance, and writes down what it was asked."""

    def __init__(self, mu: Tensor, logvar: Tensor) -> None:
        super().__init__()
        self.mu, self.logvar, self.asked = mu, logvar, []

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self.asked.append(x.detach().clone())
        return self.mu.clone(), self.logvar.clone()


class _Decoder(nn.Module):
    """Logits are linear in z. Writes down what it was asked, and what it said."""

    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        self.matrix, self.asked, self.said = nn.Parameter(matrix.clone()), [], []

    def forward(self, z: Tensor) -> Tensor:
        said = (z @ self.matrix).view(-1, 1, 28, 28)  # (B, 1, 28, 28)
        self.asked.append(z.detach().clone())
        self.said.append(said.detach().clone())
        return said


class _StandIn(nn.Module):
    """A model whose every answer is known outside: for judging one function without the networks."""

    def __init__(self, mu: Tensor, logvar: Tensor, matrix: Tensor) -> None:
        super().__init__()
        self.latent = matrix.shape[0]
        self.encoder, self.decoder = _Encoder(mu, logvar), _Decoder(matrix)


def encoder(student, photos) -> dict[str, Tensor]:
    net = _shaken(student.Encoder(37))
    mu, logvar = net(photos)  # (7, 37), (7, 37)
    mu_alone, logvar_alone = net(photos[ONE])  # (1, 37), (1, 37)
    return {"mu": mu, "logvar": logvar, "mu_alone": mu_alone, "logvar_alone": logvar_alone}


def reparameterized(student, mu, logvar, noise) -> Tensor:
    return student.reparameterize(mu, logvar, noise=noise)


def reparameterize_gradient(student, mu, logvar, noise, weight) -> dict[str, Tensor]:
    mu, logvar = mu.clone().requires_grad_(), logvar.clone().requires_grad_()
    z = student.reparameterize(mu, logvar, noise=noise)
    by_mu, by_logvar = _gradients((z * weight).sum(), mu, logvar)
    return {"mu": by_mu, "logvar": by_logvar}


def reparameterize_own_noise(student, many_mu, many_logvar) -> dict[str, Tensor]:
    return {name: student.reparameterize(many_mu, many_logvar) for name in ("first", "second")}


def decoder(student, codes) -> dict[str, Tensor]:
    net = _shaken(student.Decoder(5))
    return {"logits": net(codes), "logits_alone": net(codes[ONE])}


def kl(student, mu, logvar) -> Tensor:
    return student.kl_divergence(mu, logvar)


def kl_extreme(student, extreme_mu, extreme_logvar) -> Tensor:
    return student.kl_divergence(extreme_mu, extreme_logvar)


def kl_gradient(student, mu, logvar, share) -> dict[str, Tensor]:
    mu, logvar = mu.clone().requires_grad_(), logvar.clone().requires_grad_()
    by_mu, by_logvar = _gradients((student.kl_divergence(mu, logvar) * share).sum(), mu, logvar)
    return {"mu": by_mu, "logvar": by_logvar}


def reconstruction(student, logits, x) -> Tensor:
    return student.reconstruction_loss(logits, x)


def reconstruction_sure(student, sure_logits, x) -> Tensor:
    return student.reconstruction_loss(sure_logits, x)


def reconstruction_gradient(student, logits, x, share) -> Tensor:
    logits = logits.clone().requires_grad_()
    (by_logits,) = _gradients((student.reconstruction_loss(logits, x) * share).sum(), logits)
    return by_logits


def elbo(student, mu, logvar, matrix, x, noise) -> dict[str, Tensor]:
    """The three terms, beside the student's own two terms for what the stand-in answered."""
    model = _StandIn(mu, logvar, matrix)
    terms = _terms(student.negative_elbo(model, x, noise=noise))
    own_rec = student.reconstruction_loss(_last(model.decoder.said), x).mean()
    return {**terms, "own_rec": own_rec, "own_kl": student.kl_divergence(mu, logvar).mean()}


def elbo_asked(student, mu, logvar, matrix, x, noise) -> dict[str, Tensor]:
    """What reached the encoder and the decoder, beside the student's own z for the same noise."""
    model = _StandIn(mu, logvar, matrix)
    student.negative_elbo(model, x, noise=noise)
    own_z = student.reparameterize(mu, logvar, noise=noise)
    return {"x": _last(model.encoder.asked), "z": _last(model.decoder.asked), "own_z": own_z}


def elbo_twice(student, mu, logvar, matrix, x, noise) -> dict[str, dict[str, Tensor]]:
    """A batch, and the same batch with every image in it twice."""
    mu2, logvar2, x2, noise2 = (torch.cat([t, t]) for t in (mu, logvar, x, noise))
    return {
        "once": _terms(student.negative_elbo(_StandIn(mu, logvar, matrix), x, noise=noise)),
        "twice": _terms(student.negative_elbo(_StandIn(mu2, logvar2, matrix), x2, noise=noise2)),
    }


def elbo_gradient(student, mu, logvar, matrix, x, noise) -> dict[str, Tensor]:
    mu, logvar = mu.clone().requires_grad_(), logvar.clone().requires_grad_()
    model = _StandIn(mu, logvar, matrix)
    loss = student.negative_elbo(model, x, noise=noise)["loss"]
    by_mu, by_logvar, by_matrix = _gradients(loss, mu, logvar, model.decoder.matrix)
    return {"mu": by_mu, "logvar": by_logvar, "matrix": by_matrix}


def elbo_own_noise(student, distant_mu, narrow_logvar, matrix, x) -> dict[str, Tensor]:
    """The codes that two calls without `noise` decoded."""
    model = _StandIn(distant_mu, narrow_logvar, matrix)
    student.negative_elbo(model, x)
    first = _last(model.decoder.asked)
    student.negative_elbo(model, x)
    return {"first": first, "second": _last(model.decoder.asked)}


def drawn(student, mu, logvar, matrix) -> dict[str, Tensor]:
    """Eleven images, and the codes they were decoded from."""
    return _drawn(student, _StandIn(mu, logvar, matrix), 11, None)


def drawn_again(student, mu, logvar, matrix, seed) -> dict[str, dict[str, Tensor]]:
    """Two calls with one generator, and a call with a generator of the same seed."""
    model, generator = _StandIn(mu, logvar, matrix), torch.Generator().manual_seed(int(seed))
    return {
        "first": _drawn(student, model, 300, generator),
        "next": _drawn(student, model, 300, generator),
        "again": _drawn(student, model, 300, torch.Generator().manual_seed(int(seed))),
    }


def shown(student, weights, shown_images, shown_noise) -> dict[str, Tensor]:
    return _autoencoded(_loaded(student, weights), shown_images, shown_noise)


def heldout(student, weights, heldout_images, heldout_noise) -> dict[str, Tensor]:
    return _autoencoded(_loaded(student, weights), heldout_images, heldout_noise)


def decoded(student, weights, prior_codes) -> dict[str, Tensor]:
    model = _loaded(student, weights)
    with torch.no_grad():
        return {"logits": model.decoder(prior_codes), "few": model.decoder(prior_codes[FEW])}


def gallery(student, weights, gallery_images, gallery_codes) -> dict[str, Tensor]:
    """Reconstructions, samples, and walks from each image's code to the code of the next."""
    model, steps = _loaded(student, weights), torch.linspace(0, 1, 10)[None, :, None]
    with torch.no_grad():
        mu, _ = model.encoder(gallery_images)  # (10, Z)
        start, end = mu[:5, None], mu[5:, None]  # (5, 1, Z), (5, 1, Z)
        walk = torch.lerp(start, end, steps).flatten(0, 1)  # (50, Z)
        return {
            "reconstructions": model.decoder(mu).sigmoid(),
            "samples": model.decoder(gallery_codes).sigmoid(),
            "walk": model.decoder(walk).sigmoid(),
        }


def heldout_gallery(student, weights, heldout_gallery_images) -> Tensor:
    model = _loaded(student, weights)
    with torch.no_grad():
        mu, _ = model.encoder(heldout_gallery_images)  # (10, Z)
        return model.decoder(mu).sigmoid()


def _shaken(net: nn.Module) -> nn.Module:
    """The network in eval mode, its weights moved at random: heads that start at zero come alive."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return net.eval().requires_grad_(False)


def _loaded(student, weights) -> nn.Module:
    model = student.VAE()
    model.load_state_dict(weights)
    return model.eval()


def _autoencoded(model: nn.Module, images: Tensor, noise: Tensor) -> dict[str, Tensor]:
    """q(z|x) and the logits of one code from it for each image; `few_`: the same for a few of the images alone."""
    with torch.no_grad():
        mu, logvar = model.encoder(images)  # (N, Z), (N, Z)
        z = mu + logvar.exp().sqrt() * noise  # (N, Z)
        few_mu, few_logvar = model.encoder(images[FEW])
        logits, few_logits = model.decoder(z), model.decoder(z[FEW])  # (N, 1, 28, 28), (7, 1, 28, 28)
    return {"mu": mu, "logvar": logvar, "logits": logits, "few_mu": few_mu, "few_logvar": few_logvar, "few_logits": few_logits}


def _drawn(student, model: nn.Module, n: int, generator: torch.Generator | None) -> dict[str, Tensor]:
    model.decoder.asked.clear()
    images = student.sample(model, n, generator=generator)
    asked = model.decoder.asked
    return {"z": torch.cat(asked) if asked else torch.zeros(0), "images": images}


def _terms(answer) -> dict[str, Tensor]:
    return {name: answer[name] for name in ("loss", "rec", "kl")}


def _last(asked: list[Tensor]) -> Tensor:
    """What it was asked last; empty if never."""
    return asked[-1] if asked else torch.zeros(0)


def _gradients(value: Tensor, *leaves: Tensor) -> list[Tensor]:
    """d value / d leaf; zeros where the value does not depend on it."""
    if not value.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    found = torch.autograd.grad(value, leaves, allow_unused=True)
    return [torch.zeros_like(leaf) if grad is None else grad for leaf, grad in zip(leaves, found, strict=True)]
