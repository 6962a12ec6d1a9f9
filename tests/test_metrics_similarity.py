"""Similarities agree with numpy and with torchmetrics' CLIPScore, and are what the papers say."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy
import pytest
import torch
from metrics_support import DATA, drawn
from torch import nn

from autograder.data import DataSets
from autograder.data.captions import captioned
from autograder.metrics.cache import encoded
from autograder.metrics.embedded import embedded
from autograder.metrics.image_text import image_text as shipped_encoder
from autograder.metrics.similarity import class_accuracy, class_shares, clip_score, diversity, image_image, image_text


def test_similarity_of_known_cases():
    images, texts = torch.tensor([[1.0, 0], [0, 2]]), torch.tensor([[3.0, 0], [0, -1]])
    assert image_text(images, texts).tolist() == pytest.approx([1, -1])
    assert clip_score(images, texts) == pytest.approx(1.25)  # 2.5 and 0, not -2.5: clamped before the mean
    assert clip_score(7 * images, texts / 9) == pytest.approx(1.25)
    assert image_image(images, images) == pytest.approx(0.5)
    assert image_image(images + 5, images + 5, torch.tensor([5.0, 5.0])) == pytest.approx(0.5)
    logits = torch.eye(3)[[0, 1, 1, 2]]
    assert class_accuracy(logits, torch.tensor([0, 1, 2, 2])) == 0.75
    assert class_shares(logits).tolist() == [0.25, 0.5, 0.25]
    assert diversity(torch.tensor([[0.0, 0], [3, 4], [0, 0]])) == pytest.approx(10 / 3)


def test_image_image_agrees_with_numpy_and_with_torchmetrics():
    from torchmetrics.functional import pairwise_cosine_similarity

    a, b = drawn(1, 30, 9), drawn(2, 40, 9)
    centre = torch.cat([a, b]).mean(0)
    for middle in (None, centre):
        x, y = (a, b) if middle is None else (a - middle, b - middle)
        norms = numpy.linalg.norm(x, axis=1)[:, None] * numpy.linalg.norm(y, axis=1)
        assert image_image(a, b, middle) == pytest.approx(float((x.numpy() @ y.numpy().T / norms).mean()), rel=1e-12)
        assert image_image(a, b, middle) == pytest.approx(float(pairwise_cosine_similarity(x, y).mean()), rel=1e-9)


class Duck(nn.Module):
    """The encoder that ships, in the shape of a CLIP model and its processor."""

    config = SimpleNamespace()

    def __init__(self, encoder, texts):
        super().__init__()
        self.encoder, self.known = encoder, texts

    def get_image_features(self, pixels):
        return self.encoder.images(pixels)

    def get_text_features(self, ids, mask):
        return self.encoder.texts([self.known[i] for i in ids[:, 0].tolist()])

    def processor(self, text=None, images=None, **_):
        if images is not None:
            return {"pixel_values": torch.stack(images)}
        ids = torch.tensor([[self.known.index(each)] for each in text])
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def test_clip_score_agrees_with_torchmetrics():
    """Theirs is 100 cos, clamped after the mean. The pairs are right ones, whose cosines are all positive."""
    held = DataSets(DATA).fashion_mnist("heldout")
    images, said = captioned(held.images[:40], held.labels[:40], torch.Generator().manual_seed(1))
    encoder = shipped_encoder()
    cosines = image_text(encoder.images(images), encoder.texts(said))
    assert float(cosines.min()) > 0
    duck = Duck(encoder, said)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torchmetrics.multimodal.clip_score import CLIPScore

        metric = CLIPScore(lambda: (duck, duck.processor))
        metric.update(list(images), said)
        theirs = float(metric.compute())
    assert clip_score(encoder.images(images), encoder.texts(said), w=100) == pytest.approx(theirs, rel=1e-5)


def test_taking_the_mean_off_tells_the_right_subject_from_another():
    """Subject: bags. Without centring any two garments look alike to the encoder."""
    held, encoder = DataSets(DATA).fashion_mnist("heldout"), embedded("fashion_mnist")
    features = encoded(encoder, held.images)[0]
    bags, shoes = features[held.labels == 8], features[held.labels == 9]
    references, centre = bags[:5], features.double().mean(0)
    raw = image_image(bags[5:69], references), image_image(shoes[:64], references)
    centred = image_image(bags[5:69], references, centre), image_image(shoes[:64], references, centre)
    assert centred[0] - centred[1] > 1.5 * (raw[0] - raw[1]) > 0


def test_classes_of_real_images_are_what_their_labels_say():
    held, encoder = DataSets(DATA).fashion_mnist("heldout"), embedded("fashion_mnist")
    logits = encoded(encoder, held.images)[1]
    assert class_accuracy(logits, held.labels) > 0.9
    assert class_accuracy(logits, held.labels.roll(1)) < 0.2  # conditional samples of the wrong classes
    assert class_shares(logits).min() > 0.05
