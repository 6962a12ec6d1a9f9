"""Judged in the student's own `check` and in the grade."""

from __future__ import annotations

import torch

from autograder.checks import check
from autograder.compare import below, require, same, shaped


@check(
    points=6,
    task="encoder",
    level="shape",
    hint="The batch is the first dimension and stays: nn.Flatten() (or x.flatten(1)) flattens the rest. The last layer has"
    " latent_dim outputs, not a fixed number. Nothing may be computed over the batch: no mean(0), no softmax over "
    "dimension 0.",
)
def check_encoder_gives_each_image_a_code(encoded):
    """Encoder(37) gives each of 7 images 37 numbers, the same alone as in a batch"""
    batch = shaped(encoded["batch"], (7, 37), call="Encoder(37)(x) with x of shape (7, 1, 28, 28)")
    shaped(encoded["singly"], (7, 37), call="Encoder(37) on 7 images, one at a time")
    same(
        encoded["singly"], batch, rtol=1e-3, atol=1e-5, call="Encoder(37) on one image at a time",
        suspects={"the code is centred over the batch": torch.zeros(7, 37)},
    )  # fmt: skip


@check(
    points=3,
    task="encoder",
    level="value",
    hint="The last layer of the encoder is plain linear: no ReLU, sigmoid or softmax after it. A ReLU would throw half of "
    "the code away.",
)
def check_code_takes_either_sign(encoded):
    """Codes are real numbers of either sign"""
    batch = shaped(encoded["batch"], (7, 37), call="Encoder(37)(x)")
    same(encoded["singly"], batch, rtol=1e-3, atol=1e-5, call="Encoder(37) on one image at a time")
    positive, negative = int((batch > 0).sum()), int((batch < 0).sum())
    require(
        positive > 0 and negative > 0, expected="positive and negative numbers among 7 x 37",
        got=f"{positive} positive, {negative} negative", call="Encoder(37)(x)",
        cause="an activation (ReLU, sigmoid, softmax) on the code?",
    )  # fmt: skip


@check(
    points=5,
    task="decoder",
    level="shape",
    hint="The decoder ends in an image: 28 * 28 numbers are not enough, nn.Unflatten(1, (1, 28, 28)) or .view(-1, 1, 28, "
    "28) gives them the channel dimension and the shape.",
)
def check_decoder_gives_each_code_a_picture(decoded):
    """Decoder(5) makes one picture of each code, the same alone as in a batch"""
    batch = shaped(decoded["batch"], (14, 1, 28, 28), call="Decoder(5)(z) with z of shape (14, 5)")
    shaped(decoded["singly"], (14, 1, 28, 28), call="Decoder(5) on 14 codes, one at a time")
    same(decoded["singly"], batch, rtol=1e-3, atol=1e-5, call="Decoder(5) on one code at a time")


@check(
    points=4,
    task="decoder",
    level="value",
    hint="End the decoder with a sigmoid. tanh gives [-1, 1]; clamp or ReLU cut off and have no gradient where they do.",
)
def check_pixels_lie_between_0_and_1(decoded):
    """Pixels lie in [0, 1], whatever the code, and are squashed smoothly, not cut off"""
    batch = shaped(decoded["batch"], (14, 1, 28, 28), call="Decoder(5)(z)")
    same(decoded["singly"], batch, rtol=1e-3, atol=1e-5, call="Decoder(5) on one code at a time")
    least, most = float(batch.min()), float(batch.max())
    require(
        least >= 0 and most <= 1, expected="pixels in [0, 1]", got=f"pixels from {least:.3g} to {most:.3g}", call="Decoder(5)(z)",
        cause="tanh in place of the sigmoid?" if least >= -1 and most <= 1 else "is the sigmoid at the end missing?",
    )  # fmt: skip
    usual = batch[:7]
    cut = int(((usual <= 0) | (usual >= 1)).sum())
    require(
        cut < usual.numel() // 100, expected="pixels strictly between 0 and 1 before any training",
        got=f"{cut} of {usual.numel()} that are exactly 0 or 1", call="Decoder(5)(z)",
        cause="values cut off by clamp or ReLU: there is no gradient where they are",
    )  # fmt: skip


@check(
    points=6,
    task="loss",
    level="value",
    hint="Square the difference, sum over everything that belongs to one image (dimensions 1, 2, 3), then take the mean "
    "over the batch.",
)
def check_loss_is_squared_distance(loss, xhat, x):
    """reconstruction_loss is the squared error, summed over pixels, averaged over images"""
    error = (xhat - x).double()
    want = error.square().sum((1, 2, 3)).mean()
    logs = x.double() * xhat.double().log() + (1 - x.double()) * (1 - xhat.double()).log()
    same(
        loss, want, rtol=1e-5, call="reconstruction_loss(xhat, x)",
        suspects={
            "the mean over pixels too: sum over the pixels of an image": error.square().mean(),
            "summed over the batch too: take the mean over images": error.square().sum(),
            "the absolute error, not its square": error.abs().sum((1, 2, 3)).mean(),
            "a square root too many: the squared distance is asked": error.flatten(1).norm(dim=1).mean(),
            "the difference is not squared": error.sum((1, 2, 3)).mean(),
            "half the squared error": want / 2,
            "the binary cross-entropy, not the squared error": -logs.sum((1, 2, 3)).mean(),
        },
    )  # fmt: skip


def _after_epoch(images, gain, offset, *, keep=False, late=False, climb=False, mean=False):
    """gain and offset after an epoch of gradient descent on ||gain x + offset - x||^2 in batches of 7.

    The mistakes: keep the old gradients, one step at the end only, step uphill, average over pixels.
    """
    gain, offset, rate = gain.double(), offset.double(), -0.05 if climb else 0.05
    d_gain, d_offset = torch.zeros(15).double(), torch.zeros(15).double()
    for x in images.double().flatten(1).split(7):  # (B, HW)
        error = gain * x + offset - x  # (B, HW)
        scale = 2 / len(x) / (15 if mean else 1)
        d_gain = scale * (error * x).sum(0) + (d_gain if keep else 0)  # (HW,)
        d_offset = scale * error.sum(0) + (d_offset if keep else 0)
        if not late:
            gain, offset = gain - rate * d_gain, offset - rate * d_offset
    if late:
        gain, offset = gain - rate * d_gain, offset - rate * d_offset
    return gain, offset


@check(
    points=7,
    task="train_epoch",
    level="value",
    hint="For each batch, in this order: optimizer.zero_grad(), loss = reconstruction_loss(model(x), x), loss.backward(), "
    "optimizer.step(). Without zero_grad the gradients of all batches pile up; between backward and step it wipes out"
    " what was computed.",
)
def check_epoch_makes_one_step_per_batch(epoch_weights, small_images, gain, offset):
    """train_epoch makes one gradient step for each batch"""
    mistakes = {
        "the gradients of earlier batches pile up: is optimizer.zero_grad() missing?": {"keep": True},
        "one step for the whole epoch: step for each batch": {"late": True},
        "one step for the whole epoch, on the gradients of all batches": {"late": True, "keep": True},
        "the steps go uphill: is the loss negated?": {"climb": True},
        "steps 15 times too small: is the loss averaged over pixels?": {"mean": True},
    }
    wrong = {name: _after_epoch(small_images, gain, offset, **mistake) for name, mistake in mistakes.items()}
    wrong["only the first batch was used: is `return` inside the loop?"] = _after_epoch(small_images[:7], gain, offset)
    want = _after_epoch(small_images, gain, offset)
    unmoved = "the weights did not move: is backward or step missing, or zero_grad between the two?"
    for i, (name, before) in enumerate((("gain", gain), ("offset", offset))):
        same(
            epoch_weights[name], want[i], rtol=1e-4, atol=1e-5,
            call=f"{name} after train_epoch on a model xhat = gain * x + offset",
            suspects={unmoved: before, **{mistake: value[i] for mistake, value in wrong.items()}},
        )  # fmt: skip


@check(
    points=3,
    task="train_epoch",
    level="value",
    hint="Add up loss.item() * len(images) and divide by the number of images, not of batches: the batches here hold 7, 7 "
    "and 4 images. Return a plain number: loss.item(), not the tensor with its graph.",
)
def check_epoch_returns_mean_loss_per_image(epoch_loss, small_images, gain, offset):
    """train_epoch returns the mean loss per image, also when the last batch is smaller"""
    x = small_images.double().flatten(1)  # (18, HW)
    per_image = (gain.double() * x + offset.double() - x).square().sum(1)  # (18,)
    losses = torch.stack([part.mean() for part in per_image.split(7)])  # (3,)
    sizes = torch.tensor([7.0, 7.0, 4.0]).double()
    same(
        epoch_loss, per_image.mean(), rtol=1e-4, call="train_epoch(model, loader, optimizer) on 7 + 7 + 4 images, step size 0",
        suspects={
            "the mean over batches: weight each by its number of images": losses.mean(),
            "the loss of the last batch only": losses[-1],
            "the loss of the first batch only": losses[0],
            "the sum over batches, not the mean over images": losses.sum(),
            "the sum over images, not their mean": (losses * sizes).sum(),
            "divided by the number of images, but never multiplied by the size of each batch": losses.sum() / 18,
            "divided by the number of batches, not of images": (losses * sizes).sum() / 3,
        },
    )  # fmt: skip


@check(
    points=5,
    task="model",
    level="training",
    hint="Eight digits can be learned by heart in 400 steps. If the loss does not fall: does each batch make a step, is "
    "the loss the squared error, does a nonlinearity (ReLU, tanh) stand between the linear layers, does the decoder "
    "end in a sigmoid with nothing before it but a linear layer (no ReLU, no softmax)?",
)
def check_learns_eight_digits_by_heart(learned, eight_digits):
    """Trained on nothing but eight digits, the model learns to reproduce them"""
    answer = shaped(learned, (8, 1, 28, 28), call="Autoencoder()(x) after training on x")
    error = float((answer - eight_digits).square().mean())
    alike = float((eight_digits.mean(0) - eight_digits).square().mean())  # what one picture for all could reach
    cause = ""
    if error > 0.8 * alike:
        cause = "nothing was learned" if error > 1.2 * alike else "one and the same picture for all?"
        cause = "no pixel below 0.5: a ReLU before the sigmoid?" if float(answer.min()) >= 0.5 else cause
    below(
        error / alike, 0.5, what="squared error, as a share of what the mean of the eight digits would give",
        cause=cause,
    )  # fmt: skip


@check(
    points=6,
    task="latent_table",
    level="value",
    hint="Go through images in order, batch_size at a time (images.split(batch_size) keeps the smaller rest), collect the "
    "codes in a list, torch.cat them. No shuffling: row n belongs to label n.",
)
def check_latent_table_keeps_the_order(table, table_images, table_labels, to_code):
    """latent_table gives the code of every image, in the order of the data"""
    want = torch.tanh(table_images.flatten(1).double() @ to_code.double())  # (23, 5)
    call = "codes of latent_table on 23 images, batch_size=5"
    codes = shaped(table["codes"], (None, 5), call=call)
    require(
        len(codes) == 23, expected="23 rows, one for each image", got=f"{len(codes)} rows", call=call,
        cause="the last, smaller batch is missing" if len(codes) == 20 else "only one batch?" if len(codes) in (3, 5) else "",
    )  # fmt: skip
    shuffled = float((torch.cdist(codes.double(), want).min(1).values).max()) < 1e-3
    same(codes, want, rtol=1e-4, atol=1e-5, call=call, suspects={"the rows are shuffled": codes} if shuffled else {})
    same(table["labels"], table_labels, rtol=0, atol=0, dtype=torch.int64, call="labels of latent_table")


@check(
    points=6,
    task="interpolate",
    level="value",
    hint="Mix the codes, not the pixels: z = (1 - t) * za + t * zb with t = torch.linspace(0, 1, n), then decode. xa is "
    "one image (1, H, W): the model wants a batch, xa.unsqueeze(0).",
)
def check_interpolation_walks_between_codes(walk, ends, to_code, to_pixels):
    """interpolate decodes equally spaced codes from the first image to the second"""
    want = _on_the_line(ends, to_code, to_pixels, torch.linspace(0, 1, 6))
    inner = _on_the_line(ends, to_code, to_pixels, torch.arange(1, 7) / 7)
    t = torch.linspace(0, 1, 6).double().view(6, 1, 1, 1)
    faded = (1 - t) * ends[0].double() + t * ends[1].double()  # (6, 1, 4, 3)
    same(
        walk, want, rtol=1e-4, atol=1e-5, call="interpolate(model, xa, xb, 6)",
        suspects={
            "from xb to xa: the other way round": want.flip(0),
            "the last picture is not xb's: t stops before 1": _on_the_line(ends, to_code, to_pixels, torch.arange(6) / 6),
            "the ends are left out: t runs from 0 to 1, both included": inner,
            "pixels are mixed, not codes": faded,
            "pictures are mixed after decoding, not codes before": (1 - t) * want[0] + t * want[-1],
            "images are mixed before encoding, not codes after": _decode(_encode(faded, to_code), to_pixels),
        },
    )  # fmt: skip


def _encode(images, to_code):
    """The code that the given model makes: z = tanh(x A), (B, 5)."""
    return torch.tanh(images.double().flatten(1) @ to_code.double())


def _decode(codes, to_pixels):
    """The picture that it makes of a code: xhat = sigmoid(z C), (B, 1, 4, 3)."""
    return torch.sigmoid(codes @ to_pixels.double()).view(-1, 1, 4, 3)


def _on_the_line(ends, to_code, to_pixels, t):
    """Pictures at the places t (n,) between the codes of two images: (n, 1, 4, 3)."""
    za, zb = _encode(ends, to_code)  # (5,), (5,)
    return _decode((1 - t.double())[:, None] * za + t.double()[:, None] * zb, to_pixels)


@check(
    points=7,
    task="trained",
    level="quality",
    hint="Run train.py to the end and hand in its autoencoder.safetensors with the module that trained it; Autoencoder() "
    "must build the same layers again. If the error still falls in the last epochs, train longer: --epochs 40.",
)
def check_reconstructs_training_digits(train_reconstructions, train_digits, limit):
    """The trained model reconstructs 500 training digits"""
    answer = shaped(train_reconstructions, (500, 1, 28, 28), call="reconstructions of 500 training digits")
    below(float((answer - train_digits).square().mean()), limit, what="squared error per pixel on training digits")
