"""A class to look at: the VAE assignment, 16 submissions of every kind. Other tests of the reports take it from here.

`python tests/test_reports_sample.py OUT` writes its pages, to be looked at by a person.
"""

from __future__ import annotations

import random
import sys
from functools import cache
from pathlib import Path

import torch

from autograder.checks import Line
from autograder.data import load
from autograder.outcome import CheckResult, Status
from autograder.pictures import grid, rows
from autograder.reports.class_page import class_page
from autograder.reports.feedback import feedback_html, feedback_md
from autograder.reports.grades_csv import write_grades
from autograder.reports.results_json import write_results
from autograder.reports.view import AssignmentView, Entry, Gallery, TaskView
from autograder.score import Score, complete, total

TASKS = (
    TaskView("encoder", "Encoder", 1, 1), TaskView("reparameterize", "Reparameterisation", 2, 1),
    TaskView("decoder", "Decoder", 3, 1), TaskView("reconstruction", "Reconstruction term", 4, 2),
    TaskView("kl", "KL divergence", 5, 2), TaskView("sampling", "Sampling and interpolation", 6, 2),
    TaskView("training", "Training", None),
)  # fmt: skip

RUBRIC = """
encoder        shape     4 visible encode gives mu and logvar of shape (B, Z)
encoder        value     4 hidden  encode leaves logvar free: no softplus, no clamp
encoder        gradient  3 hidden  Gradients reach every parameter of the encoder
reparameterize shape     3 visible z has the shape of mu
reparameterize value     5 visible z is mu + exp(logvar / 2) * noise
reparameterize distribution 5 hidden Without noise given, z has mean mu and variance exp(logvar)
reparameterize gradient  4 hidden  Gradients reach mu and logvar through z
decoder        shape     4 visible decode gives logits of shape (B, 1, 28, 28)
decoder        value     3 hidden  decode treats each row of the batch by itself
reconstruction shape     3 visible One number per image
reconstruction value     6 visible Agrees with binary cross entropy summed over pixels
reconstruction gradient  4 hidden  Stays finite for logits of 80 and more
kl             shape     3 visible `kl_divergence` gives one number per image
kl             value     7 visible KL(q || p) agrees with the closed form for diagonal Gaussians
kl             value     6 hidden  KL is 0 exactly where q equals the prior
kl             gradient  4 hidden  Its gradient with respect to mu is mu
sampling       shape     3 visible sample(n) gives n pictures with values in [0, 1]
sampling       value     5 hidden  The same generator gives the same pictures, another one others
sampling       wiring    5 hidden  interpolate walks in latent space, not in pixels
training       training  4 visible One epoch lowers the negative ELBO
training       quality   8 hidden  Held-out negative ELBO of the checkpoint
training       quality   7 hidden  Samples look like clothes to a classifier
"""

HINTS = {
    "encoder": "Two linear heads on the same hidden layer: one for mu, one for logvar. Both are unbounded.",
    "reparameterize": "logvar is the logarithm of the variance: sigma = exp(logvar / 2). Draw the noise with `torch.randn_like`.",
    "decoder": "Return logits, before the sigmoid; reshape to (B, 1, 28, 28) at the end.",
    "reconstruction": "Use `binary_cross_entropy_with_logits`, then sum over all dimensions but the batch.",
    "kl": "Sum over latent dimensions; one number per image (Kingma & Welling, appendix B).",
    "sampling": "Draw z from the prior with the generator given, decode, then apply the sigmoid.",
    "training": "Look at both terms while training: does one of them stand still?",
}

FAILURES = {
    "encode_gives_mu": "encode(images): expected (7, 20), got (7, 40): did you forget to split the output in two halves?",
    "z_is_mu": "reparameterize(mu, logvar, noise): expected 1.82044, got 2.31902 at [3, 11], 140 of 140 values differ: "
    "exp(logvar) is used as the standard deviation",
    "one_number_per_image": "reconstruction(images, logits): expected (7,), got scalar: did you average over the batch?",
    "agrees_with_binary": "reconstruction(images, logits): expected 388.127, got 0.495060 at [2], 7 of 7 values differ: "
    "off by a factor of 784: a sum where a mean belongs, or the other way round?",
    "kl_divergence_gives": "kl_divergence(mu, logvar): expected (7,), got (7, 20): "
    "is a dimension kept that should be summed or averaged?",
    "kl_q_p_agrees": "kl_divergence(mu, logvar): expected 14.2071, got 28.4142 at [5], 7 of 7 values differ: "
    "the factor 1/2 is missing",
    "sample_n_gives": "sample(5): expected values in [0, 1], got values from -4.213 to 6.871: is the sigmoid missing?",
    "one_epoch_lowers": "negative ELBO after one epoch: expected at most 310, got 388.9",
    "held_out": "held-out negative ELBO: expected at most 280, got 301.7",
    "samples_look": "classifier score of 512 samples: expected at least 2.6, got 1.31",
}
RAISED = """TypeError: reparameterize() takes 2 positional arguments but 3 were given
  vae.py, line 61, in reparameterize
    z = mu + sigma * noise"""


def lines() -> tuple[Line, ...]:
    """The rubric: 22 checks, 100 points."""
    found = []
    for row in RUBRIC.strip().splitlines():
        task, level, points, visibility, title = row.split(maxsplit=4)
        words = "".join(c if c.isalnum() else " " for c in title.lower()).split()
        found.append(Line(f"check_{'_'.join(words[:6])}", title, task, int(points), level, HINTS[task], visibility, ("images",)))
    return tuple(found)


LINES = lines()
ASSIGNMENT = AssignmentView(
    "vae", "Variational autoencoder on Fashion-MNIST", TASKS,
    sum(line.points for line in LINES if line.visibility == "visible"),
    sum(line.points for line in LINES if line.visibility != "visible"), "Image generation",
)  # fmt: skip

STUDENTS = {
    "amara.diallo": 0.0, "bence.kovacs": 0.12, "chiara.romano": 0.05, "deniz.yilmaz": 0.3, "emil.lindqvist": 0.0,
    "fatima.elsayed": 0.2, "georgi.ivanov": 0.55, "hana.novakova": 0.08, "ines.carvalho": 0.15, "jun.takahashi": 0.0,
    "kofi.mensah": 0.25, "lena.hoffmann": 0.1, "mateo.fernandez": 0.75, "nadia.petrova": 0.18, "oskar.wisniewski": 0.05,
    "priya.raghunathan": 0.35,
}  # fmt: skip
"""Name -> share of checks that fail."""


def judged(line: Line, rng: random.Random, rate: float) -> CheckResult:
    """A verdict as the judge words it."""
    if rng.random() >= rate:
        return CheckResult(line, Status.PASSED, seconds=0.02)
    if rng.random() < 0.15:
        return CheckResult(line, Status.ERROR, RAISED, 0.01)
    message = next((text for part, text in FAILURES.items() if line.id.startswith(f"check_{part}")), "")
    fallback = f"{line.task}: expected {rng.uniform(1, 9):.4g}, got {rng.uniform(1, 9):.4g}"
    return CheckResult(line, Status.FAILED, message or fallback, 0.02, 301.7 if line.level == "quality" else None)


def score(student: str, rate: float = 0.2, *, attention: tuple[str, ...] = (), late: int = 0, reason: str = "") -> Score:
    """One submission's score; ungraded when there is a reason."""
    rng = random.Random(student)
    results = {line.id: judged(line, rng, rate) for line in LINES}
    return Score(
        student=student, assignment="vae", graded=not reason, reason=reason, attention=attention,
        checks=() if reason else complete(LINES, results), max_score=total(LINES), late_seconds=late,
        penalty=10 if late else 0, seed=f"{rng.getrandbits(128):032x}", digest=f"{rng.getrandbits(256):064x}",
        wall="bubblewrap 0.8.0",
    )  # fmt: skip


def scores() -> list[Score]:
    """The class."""
    special = {
        "deniz.yilmaz": {"late": 8_100},
        "kofi.mensah": {"attention": ("vae.safetensors: expected a safetensors file, got a pickle; it was not opened",)},
        "lena.hoffmann": {"reason": "the sandbox could not be proven on this machine: user namespaces are switched off"},
        "mateo.fernandez": {"attention": ("the archive holds a path with `..`; hand in plain files", "handed in without a time")},
    }
    return [score(name, rate, **special.get(name, {})) for name, rate in STUDENTS.items()]  # type: ignore[arg-type]


@cache
def galleries(student: str) -> tuple[Gallery, ...]:
    """Three pictures of real clothes, worse for some students."""
    images = load("fashion_mnist").images.float() / 255  # (N, 1, 28, 28)
    pick = torch.Generator().manual_seed(len(student) * 1_000 + ord(student[0]))
    mine = images[torch.randint(len(images), (64,), generator=pick)]
    blurred = torch.nn.functional.avg_pool2d(mine, 3, 1, 1)
    noisy = (blurred + STUDENTS.get(student, 0.2) * 0.6 * torch.randn(blurred.shape, generator=pick)).clamp(0, 1)
    fixed, own = images[:12], torch.nn.functional.avg_pool2d(images[:12], 3, 1, 1)
    reference = grid(torch.nn.functional.avg_pool2d(images[100:164], 3, 1, 1)).png()
    return (
        Gallery("samples", "64 samples from the prior", grid(noisy).png(), reference),
        Gallery(
            "reconstructions",
            "Held-out clothes above, their reconstructions below",
            rows(fixed, own).png(),
            rows(fixed, own).png(),
        ),
        Gallery("interpolation", "From one garment to another in latent space", rows(own, own.flip(0)).png(), None),
    )


def entries() -> list[Entry]:
    """What the class page takes; two submissions made no pictures."""
    without = ("lena.hoffmann", "mateo.fernandez")
    return [Entry(s, () if s.student in without else galleries(s.student), f"{s.student}/feedback.html") for s in scores()]


def write_class(out: Path) -> None:
    """Every file of the reports, as `grade --out` lays them out."""
    (out / "index.html").write_text(class_page(ASSIGNMENT, entries()), "utf-8")
    write_results(scores(), out / "results.json")
    write_grades(scores(), out / "grades.csv")
    for entry in entries():
        folder = out / entry.score.student
        folder.mkdir(exist_ok=True)
        (folder / "feedback.html").write_text(feedback_html(entry.score, ASSIGNMENT, entry.galleries), "utf-8")
        (folder / "feedback.md").write_text(feedback_md(entry.score, ASSIGNMENT, entry.galleries), "utf-8")


def test_the_rubric_is_realistic() -> None:
    assert len(LINES) == len({line.id for line in LINES}) == 22
    assert total(LINES) == 100 == ASSIGNMENT.visible_points + ASSIGNMENT.hidden_points
    assert len(scores()) == 16 and sum(not s.graded for s in scores()) == 1


if __name__ == "__main__":
    write_class(Path(sys.argv[1]))
