"""What is observed inside, beside the student's code. Calls it, returns what came; judges nothing.

A TODO that builds on another one gets it right: `_given` puts PyTorch's own KL into the module, so that a wrong `kl_rows` costs
the points of TODO 2 and not those of TODO 3 as well. Only `chain` runs everything as it was handed in.
"""

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Categorical, kl_divergence


# TODO 1 and 2
def averaged(student, p) -> Tensor:
    return student.marginal(p)


def rows(student, p, q) -> Tensor:
    return student.kl_rows(p, q)


def rows_with_zeros(student, zeros_p, zeros_q) -> Tensor:
    return student.kl_rows(zeros_p, zeros_q)


def rows_of_rare_classes(student, rare_p, rare_q) -> Tensor:
    return student.kl_rows(rare_p, rare_q)


def rows_in_float32(student, single_p, single_q) -> Tensor:
    return student.kl_rows(single_p, single_q)


# TODO 3
def whole(student, p) -> dict[str, Tensor | float]:
    """splits left out, and splits=1."""
    _given(student)
    plain, one = _pair(student.inception_score(p)), _pair(student.inception_score(p, splits=1))
    return {"mean": plain["mean"], "std": plain["std"], "mean_of_one": one["mean"]}


def parts(student, p) -> dict[str, Tensor | float]:
    _given(student)
    return _pair(student.inception_score(p, splits=5))


def uneven_parts(student, odd_p) -> dict[str, dict[str, Tensor | float]]:
    """23 rows in 5 and in 14 parts."""
    _given(student)
    return {name: _pair(student.inception_score(odd_p, splits=n)) for name, n in (("five", 5), ("fourteen", 14))}


def extremes(student, collapsed_p, perfect_p) -> dict[str, Tensor | float]:
    _given(student)
    return {
        "collapsed": _pair(student.inception_score(collapsed_p))["mean"],
        "perfect": _pair(student.inception_score(perfect_p))["mean"],
    }


def shuffled(student, sorted_p, seed) -> dict[str, Tensor | float]:
    """Six parts of sorted rows: in order, then with a generator, the next call with it, and one of the same seed again.

    torch's own generator is put to another place each time: it must not matter.
    """
    _given(student)
    first, again = (torch.Generator().manual_seed(int(seed[0])) for _ in range(2))
    answers = {}
    for i, (name, generator) in enumerate((("plain", None), ("first", first), ("next", first), ("again", again))):
        torch.manual_seed(int(seed[1]) + i)
        answers[name] = _pair(student.inception_score(sorted_p, splits=6, generator=generator))["mean"]
    return answers


# TODO 4
def halves(student, p) -> dict[str, Tensor | float]:
    return _entropies(student, p)


def halves_with_zeros(student, zeros_p) -> dict[str, Tensor | float]:
    return _entropies(student, zeros_p)


# TODO 5
def in_range(student, byte_images, float_images) -> dict[str, Tensor]:
    return {"bytes": student.to_unit_range(byte_images), "floats": student.to_unit_range(float_images)}


def odd_range(student, dark_images, float_images) -> dict[str, Tensor]:
    """Dark bytes, float64, and what became of the images that were handed over."""
    kept = float_images.clone()
    student.to_unit_range(kept)
    return {
        "dark": student.to_unit_range(dark_images),
        "double": student.to_unit_range(float_images.double()),
        "kept": kept,
    }


def refusals(student, byte_images, float_images) -> dict[str, str]:
    """The name of the exception for images in [-1, 1], floats up to 255, and one pixel below 0; "" where nothing is raised."""
    below = float_images.clone()
    below[-1, 0, 2, 3] = -0.4
    wrong = {"tanh": 2 * float_images - 1, "bytes as floats": byte_images.float(), "one pixel": below}
    return {name: _raised(student.to_unit_range, images) for name, images in wrong.items()}


# TODO 6
class _Doubling(nn.Module):
    """Twice as large in training mode: what dropout and batch normalisation do, without chance."""

    def forward(self, x: Tensor) -> Tensor:
        return 2 * x if self.training else x


class _Classifier(nn.Module):
    """logits = pixels A + b. Writes down what it was asked, image by image, and in which state."""

    def __init__(self, matrix: Tensor, offset: Tensor) -> None:
        super().__init__()
        self.matrix, self.offset = nn.Parameter(matrix.clone()), nn.Parameter(offset.clone())
        self.doubling = _Doubling()
        self.pixels, self.call, self.training_mode, self.gradients = [], [], [], []

    def forward(self, x: Tensor) -> Tensor:
        self.call += [len(set(self.call))] * len(x)
        self.pixels.append(x.detach().clone().flatten(1))
        self.training_mode += [int(self.training or self.doubling.training)] * len(x)
        self.gradients += [int(torch.is_grad_enabled())] * len(x)
        return self.doubling(x.flatten(1) @ self.matrix + self.offset)  # (B, K)


def predicted(student, float_images, matrix, offset) -> Tensor:
    """Images that are in [0, 1] already: to_unit_range has nothing to do, and is left out."""
    student.to_unit_range = lambda images: images
    return student.predict_probs(_Classifier(matrix, offset).eval(), float_images, batch_size=5)


def predicted_steep(student, float_images, steep_matrix, offset) -> Tensor:
    student.to_unit_range = lambda images: images
    return student.predict_probs(_Classifier(steep_matrix, offset).eval(), float_images, batch_size=23)


def modes(student, float_images, matrix, offset) -> dict[str, Tensor]:
    """Mode at each image (1: training), and mode of the model and its part afterwards; it came in training, then in eval mode."""
    student.to_unit_range = lambda images: images
    found = {}
    for name, training in (("train", True), ("eval", False)):
        model = _Classifier(matrix, offset).train(training)
        student.predict_probs(model, float_images, batch_size=6)
        found[f"during_{name}"] = torch.tensor(model.training_mode)
        found[f"after_{name}"] = torch.tensor([int(model.training), int(model.doubling.training)])
    return found


def calls(student, byte_images, matrix, offset) -> dict[str, Tensor | bool]:
    """What the model was asked, image by image: pixels, number of the call, gradients; the student's own to_unit_range beside."""
    model = _Classifier(matrix, offset).eval()
    probs = student.predict_probs(model, byte_images, batch_size=5)
    return {
        "pixels": torch.cat(model.pixels).double(),
        "own_pixels": torch.as_tensor(student.to_unit_range(byte_images)).flatten(1).double(),
        "call": torch.tensor(model.call),
        "gradients": torch.tensor(model.gradients),
        "tracked": bool(getattr(probs, "requires_grad", False)),
        "enabled_after": torch.is_grad_enabled(),
    }


# All together, on Fashion-MNIST with a linear classifier
class _Linear(nn.Module):
    """The classifier of inputs.py: 14 x 14 pixels, one linear layer."""

    def __init__(self, fitted: Tensor) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(fitted[:, :-1].clone()), nn.Parameter(fitted[:, -1].clone())

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(F.avg_pool2d(x, 2).flatten(1), self.weight, self.bias)  # (B, 10)


def chain(student, sets, fitted) -> list[Tensor | float]:
    """The score of each set, by nothing but the student's own code."""
    model = _Linear(fitted).eval()
    return [_pair(student.inception_score(student.predict_probs(model, images, 64)))["mean"] for images in sets]


# The pictures
def shown_predictions(student, shown_sets, fitted) -> Tensor:
    model = _Linear(fitted).eval()
    return torch.stack([torch.as_tensor(student.predict_probs(model, images, 64)) for images in shown_sets])  # (6, 240, 10)


def shown_scores(student, shown_p) -> list[Tensor | float]:
    return [_pair(student.inception_score(p))["mean"] for p in shown_p]


def _given(student) -> None:
    """The right marginal and the right KL, whatever TODO 1 and 2 say; as arrays for code that works on arrays."""

    def marginal(p):
        return _like(p, torch.as_tensor(p).mean(dim=0))

    def kl_rows(p, q):
        of_rows, of_all = (Categorical(torch.as_tensor(t), validate_args=False) for t in (p, q))
        return _like(p, kl_divergence(of_rows, of_all))

    student.marginal, student.kl_rows = marginal, kl_rows


def _like(given, answer: Tensor):
    return answer.numpy() if isinstance(given, numpy.ndarray) else answer


def _pair(answer) -> dict[str, Tensor | float]:
    """(mean, std) by name."""
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise TypeError(f"inception_score: expected a pair (mean, std), got a {type(answer).__name__}")
    return {"mean": answer[0], "std": answer[1]}


def _entropies(student, p) -> dict[str, Tensor | float]:
    answer = student.entropies(p)
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise TypeError(f"entropies: expected a pair (H(y), H(y|x)), got a {type(answer).__name__}")
    return {"of_marginal": answer[0], "of_rows": answer[1]}


def _raised(function, images) -> str:
    try:
        function(images)
    except NotImplementedError:
        raise
    except Exception as error:
        return type(error).__name__
    return ""
