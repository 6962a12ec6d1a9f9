"""Another right answer: a ridge of 1e-6, Newton's iteration for the root, plain loops; no eigenvalues anywhere."""

import torch
import torch.nn.functional as F

EPS = 1e-6


@torch.no_grad()
def features(model, images, size, batch_size=64):
    model.eval()
    out = None
    done = 0
    while done < len(images):
        x = images[done : done + batch_size].float() / 255.0
        x = F.interpolate(x, size=[size, size], mode="bilinear", antialias=True)
        f = model(x)
        out = f if out is None else torch.vstack([out, f])
        done += len(x)
    return out


def stats(f):
    n = len(f)
    mu = sum(row.double() for row in f) / n
    cov = torch.zeros(len(mu), len(mu), dtype=torch.float64)
    for row in f:
        d = row.double() - mu
        cov += d[:, None] * d[None, :]
    return mu, cov / (n - 1)


def sqrtm_psd(matrix):
    """Newton and Schulz: Y goes to the root, Z to its inverse."""
    eye = torch.eye(len(matrix), dtype=torch.float64)
    a = matrix + EPS * eye
    norm = a.norm()
    y, z = a / norm, eye
    for _ in range(60):
        t = (3 * eye - z @ y) / 2
        y, z = y @ t, t @ z
    return y * norm.sqrt()


def trace_sqrt_product(cov1, cov2):
    root = sqrtm_psd(cov2)
    return torch.einsum("ii->", sqrtm_psd(root @ cov1 @ root)).item()


def frechet_distance(mu1, cov1, mu2, cov2):
    d = mu1 - mu2
    total = torch.dot(d, d)
    for i in range(len(d)):
        total = total + cov1[i, i] + cov2[i, i]
    return total - 2 * trace_sqrt_product(cov1, cov2)


def fid(real, fake):
    s1, s2 = StreamingStats(real.shape[1]), StreamingStats(fake.shape[1])
    s1.update(real)
    s2.update(fake)
    return frechet_distance(*s1.compute(), *s2.compute())


class StreamingStats:
    """Welford, row by row."""

    def __init__(self, dim):
        self.n, self.mean, self.m2 = 0, [0.0] * dim, torch.zeros(dim, dim, dtype=torch.float64)

    def update(self, f):
        mean = torch.tensor(self.mean, dtype=torch.float64)
        for row in f.double():
            self.n += 1
            before = row - mean
            mean = mean + before / self.n
            self.m2 += torch.outer(before, row - mean)
        self.mean = mean.tolist()

    def compute(self):
        return torch.tensor(self.mean, dtype=torch.float64), self.m2.clone() / (self.n - 1)


def fid_infinity(real, fake, sizes, distance=fid, generator=None):
    points = []
    for n in sizes:
        left = list(range(len(fake)))
        rows = [left.pop(int(torch.randint(len(left), (1,), generator=generator))) for _ in range(n)]
        points.append((1.0 / n, float(distance(real, fake[rows]))))
    k, sx, sy = len(points), sum(x for x, _ in points), sum(y for _, y in points)
    sxx, sxy = sum(x * x for x, _ in points), sum(x * y for x, y in points)
    return (sy * sxx - sx * sxy) / (k * sxx - sx * sx)
