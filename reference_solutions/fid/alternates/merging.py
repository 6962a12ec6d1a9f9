"""Another right answer: running mean and covariance merged batch by batch, singular values for the trace, lstsq for the line."""

import torch
from torch import nn


def features(model, images, size, batch_size=64):
    resize = nn.Upsample(size=(size, size), mode="bilinear")
    resize.forward = lambda x: nn.functional.interpolate(x, (size, size), mode="bilinear", antialias=True)
    net = nn.Sequential(resize, model).eval()
    pixels = images.to(torch.float64).mul(1 / 255).float()
    return torch.cat([net(batch).detach() for batch in pixels.split(batch_size)]).double()


def stats(f):
    f = f.to(torch.float64)
    return f.mean(dim=0), torch.cov(f.T)


def sqrtm_psd(matrix):
    """Denman and Beavers would need an inverse; the singular vectors of a symmetric matrix do as well."""
    u, s, vh = torch.linalg.svd((matrix + matrix.T) / 2)
    root = u @ torch.diag(s.sqrt()) @ vh
    return (root + root.T) / 2


def trace_sqrt_product(cov1, cov2):
    return torch.linalg.matrix_norm(sqrtm_psd(cov1) @ sqrtm_psd(cov2), ord="nuc")


def frechet_distance(mu1, cov1, mu2, cov2):
    return torch.sum((mu1 - mu2) ** 2) + torch.trace(cov1 + cov2) - 2.0 * trace_sqrt_product(cov1, cov2)


def fid(real, fake):
    mu1, cov1 = stats(real)
    mu2, cov2 = stats(fake)
    return frechet_distance(mu1, cov1, mu2, cov2)


class StreamingStats(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))
        self.register_buffer("mean", torch.zeros(dim, dtype=torch.float64))
        self.register_buffer("scatter", torch.zeros(dim, dim, dtype=torch.float64))

    def update(self, f):
        f = f.double()
        b, mean = f.shape[0], f.mean(0)
        away, after = mean - self.mean, self.count + b
        self.scatter = self.scatter + (f - mean).T @ (f - mean) + torch.outer(away, away) * self.count * b / after
        self.mean = self.mean + away * b / after
        self.count = after

    def compute(self):
        return self.mean.clone(), self.scatter / (self.count - 1)


def fid_infinity(real, fake, sizes, distance=fid, generator=None):
    def one(n):
        rows = torch.multinomial(torch.ones(len(fake)), n, replacement=False, generator=generator)
        return distance(real, fake.index_select(0, rows))

    y = torch.stack([torch.as_tensor(one(int(n)), dtype=torch.float64) for n in sizes])
    x = torch.tensor([[1.0, 1.0 / n] for n in sizes], dtype=torch.float64)
    return torch.linalg.lstsq(x, y[:, None]).solution[0, 0]
