"""Another right answer: NumPy inside, general eigenvalues of C1 C2 with the imaginary part dropped, polyfit for the line."""

import numpy as np
import torch
import torch.nn.functional as F


def features(model, images, size, batch_size=64):
    was = model.training
    model.train(False)
    found = []
    with torch.inference_mode():
        for start in range(0, images.shape[0], batch_size):
            batch = images[start : start + batch_size].to(torch.float32).div(255)
            if tuple(batch.shape[-2:]) != (size, size):
                batch = F.interpolate(batch, size, mode="bilinear", antialias=True, align_corners=False)
            found.append(model(batch).numpy())
    model.train(was)
    return torch.from_numpy(np.concatenate(found))


def stats(f):
    x = f.detach().numpy().astype(np.float64)
    return torch.from_numpy(x.mean(axis=0)), torch.from_numpy(np.atleast_2d(np.cov(x, rowvar=False)))


def sqrtm_psd(matrix):
    u, s, _ = np.linalg.svd(matrix.numpy())
    return torch.from_numpy((u * np.sqrt(s)) @ u.T)


def trace_sqrt_product(cov1, cov2):
    w = np.linalg.eigvals(cov1.numpy() @ cov2.numpy())
    return torch.tensor(np.sqrt(w.astype(np.complex128)).real.sum())


def frechet_distance(mu1, cov1, mu2, cov2):
    gap = np.linalg.norm(mu1.numpy() - mu2.numpy())
    return float(gap**2 + np.trace(cov1.numpy() + cov2.numpy()) - 2 * float(trace_sqrt_product(cov1, cov2)))


def fid(real, fake):
    return max(frechet_distance(*stats(real), *stats(fake)), 0.0)


class StreamingStats:
    def __init__(self, dim):
        self.moments = np.zeros((dim + 1, dim + 1))  # of rows with a 1 in front

    def update(self, f):
        x = f.numpy().astype(np.float64)
        x = np.concatenate([np.ones((len(x), 1)), x], axis=1)
        self.moments = self.moments + x.T @ x

    def compute(self):
        n = self.moments[0, 0]
        mu = self.moments[0, 1:] / n
        return torch.from_numpy(mu), torch.from_numpy(self.moments[1:, 1:] / (n - 1) - np.outer(mu, mu) * (n / (n - 1)))


def fid_infinity(real, fake, sizes, distance=fid, generator=None):
    ys = []
    for n in sizes:
        order = torch.rand(len(fake), generator=generator).argsort()
        ys.append(float(distance(real, fake[order[-n:]])))
    return float(np.polyfit(1 / np.array(sizes, dtype=np.float64), ys, 1)[1])
