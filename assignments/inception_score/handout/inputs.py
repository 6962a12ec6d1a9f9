"""What is drawn outside, per run. Skewed classes, N different from K, parts that do not divide N: nothing fits by chance."""

import torch
import torch.nn.functional as F

SETS = ("real images", "five classes only", "one class only", "ten images, repeated", "blurred", "noise")
"""The sets of images that `sets` and `shown_sets` hold, in this order."""


# Probabilities for TODO 1 to 4


def p(rng):
    """(30, 7): rows of a fairly sure classifier, some classes much rarer than others."""
    logits = 2 * torch.randn(30, 7, generator=rng).double() + 1.5 * torch.randn(7, generator=rng).double()
    return logits.softmax(1)


def q(rng):
    """(7,): a distribution that is not the marginal of `p`."""
    return (1.2 * torch.randn(7, generator=rng).double()).softmax(0)


def zeros_p(rng):
    """(29, 6): one-hot rows, rows with some zeros and with numbers as small as 1e-200, and a last class that nobody shows."""
    rows = (2 * torch.randn(29, 6, generator=rng).double()).softmax(1)
    rows[:10] = F.one_hot(torch.randint(0, 5, (10,), generator=rng), 6).double()
    rows[10:20] *= torch.rand(10, 6, generator=rng).double() < 0.5
    rows[20:25, 1:3] = 1e-200 * torch.rand(5, 2, generator=rng).double()
    rows[10:25, 0] += 0.05
    rows[:, 5] = 0
    return rows / rows.sum(1, keepdim=True)


def zeros_q(zeros_p):
    """(6,): its last number is exactly 0."""
    return zeros_p.mean(0)


def rare_p(rng):
    """(6, 6): each row is nearly sure of one class."""
    logits = torch.randn(6, 6, generator=rng).double() + 14 * torch.eye(6).double()
    return logits.softmax(1)


def rare_q(rng):
    """(6,): three of the classes occur about once in 10,000 images."""
    weight = torch.tensor([3000.0, 5000.0, 2000.0, 1.0, 1.0, 1.0]).double()
    weight = weight * (0.5 + torch.rand(6, generator=rng).double())
    return weight / weight.sum()


def single_p(rng):
    """(11, 1008), float32: as many classes as Inception has, and a softmax that rounds many of them to 0."""
    logits = 40 * torch.randn(11, 1008, generator=rng)
    logits[:, ::9] -= 1000  # classes that no image shows
    rows = logits.softmax(1)
    rows[rows < 1e-30] = 0  # else the mean of a row could round to 0 where the row itself does not, and its KL be infinite
    return rows


def single_q(single_p):
    """(1008,), float32."""
    return single_p.double().mean(0).float()


def odd_p(rng):
    """(23, 5)"""
    logits = 2 * torch.randn(23, 5, generator=rng).double() + torch.randn(5, generator=rng).double()
    return logits.softmax(1)


def collapsed_p(rng):
    """(40, 9): every image shows one and the same class, without any doubt."""
    return F.one_hot(torch.randint(0, 9, (1,), generator=rng), 9).double().repeat(40, 1)


def perfect_p(rng):
    """(72, 9): each class eight times, without any doubt, in random order."""
    order = torch.randperm(72, generator=rng)
    return F.one_hot(torch.arange(9).repeat(8), 9).double()[order]


def sorted_p(rng):
    """(600, 6): a hundred images of class 0, then a hundred of class 1 and so on; how sure the classifier is differs by run."""
    labels = torch.arange(6).repeat_interleave(100)
    sure = 2 + 4 * torch.rand((), generator=rng).double()
    logits = sure * F.one_hot(labels, 6).double() + torch.randn(600, 6, generator=rng).double()
    return logits.softmax(1)


def orders(rng):
    """(200, 600): two hundred ways of shuffling; what scores they give says how far chance can move one."""
    return torch.stack([torch.randperm(600, generator=rng) for _ in range(200)])


def seed(rng):
    """(3,): seeds of generators."""
    return torch.randint(1, 2**31, (3,), generator=rng)


# Images for TODO 5 and 6


def byte_images(rng):
    """(23, 3, 6, 5), uint8, neither black nor white anywhere"""
    return torch.randint(9, 231, (23, 3, 6, 5), generator=rng, dtype=torch.uint8)


def float_images(rng):
    """(23, 3, 6, 5), float32 in [0, 1]"""
    return torch.rand(23, 3, 6, 5, generator=rng) * 0.98 + 0.01


def dark_images(rng):
    """(7, 3, 6, 5), uint8, no pixel above 1"""
    return torch.randint(0, 2, (7, 3, 6, 5), generator=rng, dtype=torch.uint8)


def matrix(rng):
    """(90, 7): the stand-in classifier, logits = pixels A + b. Its logits spread by about 2.5."""
    return 0.9 * torch.randn(90, 7, generator=rng)


def offset(rng):
    """(7,)"""
    return torch.randn(7, generator=rng)


def steep_matrix(rng):
    """(90, 7): logits of several hundred."""
    return 60 * torch.randn(90, 7, generator=rng)


# A real classifier: linear discriminant analysis of Fashion-MNIST at 14 x 14 pixels


def fitted(data):
    """(10, 197): weights and, in the last column, offset of a linear classifier, fitted in closed form to 3,000 images."""
    part = data.fashion_mnist("train")
    x = F.avg_pool2d(part.images[:3000].double() / 255, 2).flatten(1)  # (N, 196)
    labels = part.labels[:3000]
    means = torch.stack([x[labels == k].mean(0) for k in range(10)])  # (10, 196)
    within = (x - means[labels]).T @ (x - means[labels]) / len(x) + 0.01 * torch.eye(196).double()
    weight = torch.linalg.solve(within, means.T).T  # (10, 196)
    return torch.cat([weight, -0.5 * (means * weight).sum(1, keepdim=True)], 1).float()


def sets(rng, data):
    """(6, 240, 1, 28, 28), uint8: the sets of SETS, of other images in every run."""
    part = data.fashion_mnist("train")
    order = torch.randperm(4000, generator=rng) + 4000  # not those that the classifier was fitted to
    return _sets(part.images[order], part.labels[order], rng)


def shown_sets(data):
    """The same sets of the same images in every run, for the pictures."""
    part = data.fashion_mnist("train")
    return _sets(part.images[4000:], part.labels[4000:], torch.Generator().manual_seed(1))


def _sets(images, labels, rng):
    by_class = [images[labels == k] for k in range(10)]
    real = torch.cat([each[:24] for each in by_class])  # (240, 1, 28, 28), sorted by class
    five = torch.cat([each[:48] for each in by_class[:5]])
    one = by_class[8][:240]
    repeated = torch.cat([each[:1].repeat(24, 1, 1, 1) for each in by_class])
    blurred = F.avg_pool2d(real.double(), 9, 1, 4).round().to(torch.uint8)
    noise = torch.randint(0, 256, real.shape, generator=rng, dtype=torch.uint8)
    return torch.stack([real, five, one, repeated, blurred, noise])


def shown_p(shown_sets, fitted):
    """(6, 240, 10): what the fitted classifier says of them, computed outside: the scores' picture needs no other TODO."""
    x = F.avg_pool2d(shown_sets.flatten(0, 1).double() / 255, 2).flatten(1)  # (1440, 196)
    return (x @ fitted[:, :-1].double().T + fitted[:, -1].double()).softmax(1).unflatten(0, (6, 240))
