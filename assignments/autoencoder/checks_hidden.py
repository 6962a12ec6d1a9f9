"""Judged in the grade only."""

from __future__ import annotations

import torch

from autograder.checks import check
from autograder.compare import above, below, require, same, shaped


@check(
    points=4,
    task="encoder",
    level="gradient",
    hint="Change any part of the image and the code has to change. Does the encoder look at all 28 x 28 pixels, borders "
    "included?",
)
def check_encoder_sees_the_whole_image(patched):
    """Every part of the image has an influence on the code"""
    plain = shaped(patched["plain"], (3, 37), call="Encoder(37)(x)")
    codes = shaped(patched["patched"], (17, 3, 37), call="Encoder(37) on 17 versions of 3 images")
    same(codes[0], plain, rtol=1e-3, atol=1e-5, call="Encoder(37) on the same images again")
    influence = (codes[1:] - plain).abs().amax((1, 2))  # (16,), one for each 7 x 7 patch
    blind = int((~(influence > 1e-4 * influence.max())).sum())
    require(
        blind == 0, expected="another code when any of 16 patches of the image is another",
        got=f"the same code for {blind} of them", call="Encoder(37)(x)", cause="does the encoder read only a part of the image?",
    )  # fmt: skip


@check(
    points=4,
    task="decoder",
    level="gradient",
    hint="Each of the latent_dim numbers has to have a say in the picture: feed the whole code z, not a part of it, to the"
    " first layer.",
)
def check_every_latent_number_moves_the_picture(nudged):
    """Every number of the code has an influence on the picture"""
    plain = shaped(nudged["plain"], (3, 1, 28, 28), call="Decoder(5)(z)")
    moved = shaped(nudged["nudged"], (6, 3, 1, 28, 28), call="Decoder(5) on 6 versions of 3 codes")
    same(moved[0], plain, rtol=1e-3, atol=1e-5, call="Decoder(5) on the same codes again")
    influence = (moved[1:] - plain).abs().amax((1, 2, 3, 4))  # (5,), one for each latent number
    idle = int((~(influence > 1e-4 * influence.max())).sum())
    require(
        idle == 0, expected="another picture when any of the 5 latent numbers moves",
        got=f"the same picture for {idle} of them", call="Decoder(5)(z)", cause="does the decoder use only a part of the code?",
    )  # fmt: skip


@check(
    points=3,
    task="loss",
    level="value",
    hint="Work with any image size: sum over dimensions 1, 2, 3 (flatten(1).sum(1)), divide by len(x). No 784 or 28 "
    "written into the formula.",
)
def check_loss_works_for_other_sizes(odd_losses, odd_xhat, odd_x):
    """reconstruction_loss does not depend on how large images or batches are"""
    per_image = (odd_xhat - odd_x).double().square().sum((1, 2, 3))  # (5,)
    mean = per_image.mean()
    sizes = {"a number like 784 is written into the formula": mean / (3 * 9 * 4) * 784}
    same(odd_losses["colour"], mean, call="reconstruction_loss on 5 images of 3 x 9 x 4", suspects=sizes)
    same(odd_losses["single"], per_image[3], call="reconstruction_loss on one image of 3 x 9 x 4")
    same(
        odd_losses["twice"], mean, call="reconstruction_loss on the same 5 images, each twice",
        suspects={"grows with the batch: take the mean over images": 2 * mean},
    )  # fmt: skip


@check(
    points=3,
    task="loss",
    level="gradient",
    hint="Return a tensor that gradients can flow through: no .item(), .detach(), float() or torch.no_grad() inside the loss.",
)
def check_loss_gradient(loss_gradient, xhat, x):
    """The gradient of the loss is 2 (xhat - x) / B"""
    want = 2 * (xhat - x).double() / 7
    same(
        loss_gradient, want, rtol=1e-4, atol=1e-7, call="gradient of reconstruction_loss for xhat",
        suspects={
            "averaged over pixels too": want / 784,
            "summed over the batch": want * 7,
            "the gradient of the absolute error": want.sign() / 7,
        },
    )  # fmt: skip


@check(
    points=3,
    task="train_epoch",
    level="wiring",
    hint="Call model.train() at the start of the epoch (evaluation before it may have left the model in eval mode), then "
    "model(images) once for each batch of the loader.",
)
def check_epoch_trains_in_training_mode(epoch_calls, small_images):
    """train_epoch puts the model in training mode and shows it every batch once"""
    modes, means = epoch_calls["modes"], epoch_calls["means"]
    batches = torch.stack([batch.double().mean() for batch in small_images.split(7)])  # (3,)
    call = "calls of the model during train_epoch"
    shaped(means, (None,), call=call)
    require(
        len(means) == 3, expected="3 calls, one for each batch", got=f"{len(means)}", call=call,
        cause="is `return` inside the loop?" if len(means) == 1 else "",
    )  # fmt: skip
    same(means, batches, rtol=1e-4, call="mean pixel of what the model is given, batch by batch")
    same(
        modes, torch.ones(3), rtol=0, atol=0, dtype=torch.int64, call="model.training at each call during train_epoch",
        suspects={"evaluation mode: model.train() is missing": torch.zeros(3)},
    )  # fmt: skip


@check(
    points=3,
    task="latent_table",
    level="wiring",
    hint="model.eval() first; torch.no_grad() around the loop; at most batch_size images in a call, so that a large data "
    "set fits into memory.",
)
def check_latent_table_is_light(table_cost, table_images, to_code):
    """latent_table works in evaluation mode, without gradients, in batches"""
    want = torch.tanh(table_images.flatten(1).double() @ to_code.double())  # (23, 5)
    call = "codes of latent_table, the model was in training mode before"
    same(
        table_cost["codes"], want, rtol=1e-4, atol=1e-5, call=call, suspects={"training mode: model.eval() is missing": 2 * want}
    )
    require(
        table_cost["tracked"] is False, expected="codes without gradients", got="codes with a graph behind them",
        call="latent_table(...)", cause="is torch.no_grad() missing?",
    )  # fmt: skip
    largest = table_cost["largest"]
    require(
        largest == 5, expected="at most 5 images at a time", got=f"a batch of {largest}", call="latent_table(..., batch_size=5)",
        cause="all images at once?" if largest == 23 else "",
    )  # fmt: skip


@check(
    points=3,
    task="interpolate",
    level="wiring",
    hint="model.eval() first, torch.no_grad() around it, n pictures for any n >= 2; for n = 2 they are the two ends.",
)
def check_interpolation_is_light(walk_elsewhere, ends, to_code, to_pixels):
    """interpolate gives 2 or 11 pictures, in evaluation mode, without gradients"""

    def pictures(n, strength=1):
        za, zb = strength * torch.tanh(ends.double().flatten(1) @ to_code.double())  # (5,), (5,)
        t = torch.linspace(0, 1, n).double().unsqueeze(1)  # (n, 1)
        return torch.sigmoid(((1 - t) * za + t * zb) @ to_pixels.double()).view(n, 1, 4, 3)

    for n, name in ((2, "two"), (11, "eleven")):
        same(
            walk_elsewhere[name], pictures(n), rtol=1e-4, atol=1e-5,
            call=f"interpolate(model, xa, xb, {n}), the model was in training mode before",
            suspects={"training mode: model.eval() is missing": pictures(n, strength=2)},
        )  # fmt: skip
    require(
        walk_elsewhere["tracked"] is False, expected="pictures without gradients", got="pictures with a graph behind them",
        call="interpolate(...)", cause="is torch.no_grad() missing?",
    )  # fmt: skip


@check(
    points=4,
    task="model",
    level="gradient",
    hint="A parameter without a gradient never learns: a layer that is built but not used in forward, a .detach() or "
    "no_grad on the way from the picture back to the encoder, a ReLU that is dead for every image.",
)
def check_gradient_reaches_every_parameter(gradients):
    """The gradient of the reconstruction error reaches every parameter of encoder and decoder"""
    batch = shaped(gradients["batch"], (None,), call="gradients of the parameters of Autoencoder(9)")
    singly = shaped(gradients["singly"], (7, len(batch)), call="gradients of the parameters, image by image")
    total = torch.arange(1.0, 8.0).double() @ singly.double()  # the gradient of a sum is the sum of the gradients
    call = "gradient of the error of 7 images, image k counted k times, against the sum over the images"
    same(batch, total, rtol=1e-2, atol=1e-4 * float(total.abs().max()) + 1e-12, call=call)
    silent = int((~(singly.abs().sum(0) > 0)).sum())
    require(
        silent == 0, expected="a gradient for every parameter", got=f"none for {silent} of {len(batch)}",
        call="backward through Autoencoder(9)", cause="a layer that is never used, or a detach on the way?",
    )  # fmt: skip


@check(
    points=2,
    task="model",
    level="wiring",
    hint="Autoencoder as it was given: forward(x) = decode(encode(x)). The picture may know the image only through the code.",
)
def check_picture_comes_from_the_code_alone(composed):
    """model(x) is decode(encode(x)): nothing goes around the bottleneck"""
    whole = shaped(composed["whole"], (7, 1, 28, 28), call="Autoencoder(9)(x)")
    same(
        composed["staged"], whole, rtol=1e-3, atol=1e-5, call="decode(encode(x)), the codes decoded in another order",
    )  # fmt: skip


@check(
    points=7,
    task="trained",
    level="quality",
    hint="If training digits come out well and these do not, the model has learned them by heart: fewer or narrower "
    "layers. If both come out badly, train longer: --epochs 40.",
)
def check_reconstructs_heldout_digits(heldout_reconstructions, heldout_digits, limit):
    """The trained model reconstructs 500 digits it has never seen"""
    answer = shaped(heldout_reconstructions, (500, 1, 28, 28), call="reconstructions of 500 new digits")
    below(float((answer - heldout_digits).square().mean()), limit, what="squared error per pixel on new digits")


@check(
    points=6,
    task="trained",
    level="quality",
    hint="Codes of the same digit should lie together. Hand in trained weights with latent_dim = 16; if the "
    "reconstructions are good and this is not, look at your picture of the latent space.",
)
def check_neighbours_in_latent_space_agree(heldout_codes, scored_labels, limit):
    """In the latent space, the nearest neighbour of a new digit is mostly the same digit"""
    codes = shaped(heldout_codes, (1000, 16), call="codes of 1000 new digits").double()
    distance = torch.cdist(codes, codes)
    distance.fill_diagonal_(torch.inf)
    agree = scored_labels[distance.argmin(1)] == scored_labels  # (1000,)
    above(
        float(agree.double().mean()), limit, what="share of digits whose nearest neighbour in the latent space is the same digit"
    )
