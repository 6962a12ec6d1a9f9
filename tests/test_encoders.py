"""The encoders that ship are the published ones, give the same bits in any setting, and see what they should."""

from __future__ import annotations

import shutil

import pytest
import torch
from metrics_support import DATA, drawn
from safetensors.torch import load_file, save_file
from support import ROOT

from autograder.data import DataSets
from autograder.data.captions import Attributes, all_captions, captioned, measured, parse
from autograder.errors import AutograderError, DataError, MetricError
from autograder.metrics import embedded as shelf
from autograder.metrics import image_text as pairs
from autograder.metrics.cache import digest, encoded
from autograder.metrics.embedded import DIGESTS, WEIGHTS, embedded, encoder_from
from autograder.metrics.frechet import frechet_distance
from autograder.metrics.gaussian import gaussian
from autograder.metrics.image_text import image_text, words, zero_shot
from autograder.metrics.inception import inception_score
from autograder.metrics.kernel import kernel_distance
from autograder.metrics.manifold import coverage, manifold
from autograder.metrics.reference import stored
from autograder.metrics.similarity import class_accuracy

HELD = DataSets(DATA).fashion_mnist("heldout")


def second():
    return encoder_from(DataSets(DATA).encoder("fashion_mnist_second"), "fashion_mnist_second")


# --- what ships ------------------------------------------------------------------------------------------------------------


def test_weights_are_small_and_their_cards_tell_digest_command_and_accuracy():
    cards = (WEIGHTS / "README.md").read_text() + (DATA / "encoders/README.md").read_text()
    pins = {**DIGESTS, "image_text": pairs.DIGEST, "fashion_mnist_second": second().digest}
    for path in (*WEIGHTS.glob("*.safetensors"), *(DATA / "encoders").glob("*.safetensors")):
        assert path.stat().st_size <= 2**20, path
        card = cards.split(f"## {path.stem}\n")[1].split("\n## ")[0]
        assert f"`{pins[path.stem]}`" in card, path
        assert f"train.py {path.stem}`" in card and ("accuracy on the" in card or "of 160" in card), path


@pytest.mark.parametrize(("name", "least"), [("fashion_mnist", 0.9), ("fashion_mnist_second", 0.9), ("mnist", 0.98)])
def test_encoders_know_the_held_out_classes(name, least):
    held = DataSets(DATA).mnist("heldout") if name == "mnist" else HELD
    encoder = second() if name.endswith("second") else embedded(name)
    assert class_accuracy(encoded(encoder, held.images)[1], held.labels) > least


def test_statistics_are_those_of_the_encoders():
    """A statistic that an older encoder made would give every set of images a large FID."""
    for encoder in (embedded("fashion_mnist"), second(), embedded("mnist")):
        held = DataSets(DATA).mnist("heldout") if encoder.name == "mnist" else HELD
        statistics = DataSets(DATA).statistics(encoder.name)
        found = stored(statistics, held.images, encoder)
        assert found.gaussian.mean.shape == (64,) and found.gaussian.cov.dtype == torch.float64
        assert torch.linalg.eigvalsh(found.gaussian.cov).min() > 1e-6  # no dead dimension
        if encoder.name == "mnist":
            assert bytes(statistics["images"].tolist()).hex() == digest(held.images)
            assert torch.allclose(encoded(encoder, held.images)[0].double().mean(0), found.gaussian.mean, rtol=1e-9)
    with pytest.raises(MetricError, match=r"made with the encoder .*, asked for with fashion_mnist "):
        stored(DataSets(DATA).statistics("mnist"), HELD.images, embedded("fashion_mnist"))


def test_no_handout_and_no_wheel_holds_what_is_the_judges_alone():
    with pytest.raises(DataError, match="only the graders have them"):
        DataSets().encoder("fashion_mnist_second")
    with pytest.raises(DataError, match="only the graders have them"):
        DataSets().statistics("fashion_mnist")
    assert not list((ROOT / "autograder").rglob("*second*"))
    with pytest.raises(DataError, match=r"missing: there is fashion_mnist, fashion_mnist_second, mnist"):
        DataSets(DATA).statistics("cifar")


def test_a_changed_or_missing_file_is_found(tmp_path, monkeypatch):
    """A flipped bit, another network's weights, a text file, nothing."""
    shutil.copytree(WEIGHTS, tmp_path / "weights")
    monkeypatch.setattr(shelf, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setattr(pairs, "WEIGHTS", tmp_path / "weights")
    path = tmp_path / "weights/fashion_mnist.safetensors"
    weights = load_file(path)
    weights["head.bias"][0] += 1e-6
    fresh, fresh_pairs = embedded.__wrapped__, image_text.__wrapped__
    save_file(weights, path)
    with pytest.raises(DataError, match="damaged or changed: expected digest 59d2"):
        fresh("fashion_mnist")
    shutil.copy(WEIGHTS / "image_text.safetensors", path)
    with pytest.raises(DataError, match=r"encoder fashion_mnist: `body.0.bias`: expected .*, got nothing"):
        fresh("fashion_mnist")
    path.write_text("not weights")
    with pytest.raises(DataError, match="not a safetensors file"):
        fresh("fashion_mnist")
    for gone in ("fashion_mnist", "image_text"):
        (tmp_path / f"weights/{gone}.safetensors").unlink()
    with pytest.raises(DataError, match=r"fashion_mnist.safetensors: missing"):
        fresh("fashion_mnist")
    with pytest.raises(DataError, match=r"image_text.safetensors: missing"):
        fresh_pairs()
    with pytest.raises(DataError, match="no encoder of this name ships: expected one of"):
        fresh("imagenet")


# --- determinism -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", ["fashion_mnist", "mnist", "fashion_mnist_second"])
def test_features_are_the_same_bits_for_any_batch_and_number_of_threads(name, threads):
    encoder = second() if name.endswith("second") else embedded(name)
    images = HELD.images[:400]
    found = []
    for count, batch in ((1, 100), (2, 100), (1, 7), (2, 1000)):
        threads(count)
        found.append(encoder.both(images, batch))
    for features, logits in found[1:]:
        assert torch.equal(features, found[0][0]) and torch.equal(logits, found[0][1])


def test_embeddings_are_the_same_bits_for_any_batch_and_number_of_threads(threads):
    encoder, found = image_text(), []
    for count, batch in ((1, 100), (2, 300), (1, 7)):
        threads(count)
        found.append((encoder.images(HELD.images[:300], batch), encoder.texts(all_captions())))
    for images, texts in found[1:]:
        assert torch.equal(images, found[0][0]) and torch.equal(texts, found[0][1])


def test_distances_do_not_depend_on_threads(threads):
    """Counts to the last bit; sums to the twelfth digit, which no threshold has."""
    a, b, found = drawn(1, 400, 64), drawn(2, 300, 64), []
    for count in (1, 2):
        threads(count)
        shares = coverage(manifold(a), manifold(b))
        sums = [frechet_distance(gaussian(a), gaussian(b)), kernel_distance(a, b), inception_score(a[:, :10])]
        found.append((shares, sums))
    assert found[0][0] == found[1][0] and found[0][1] == pytest.approx(found[1][1], rel=1e-12)


def test_nobody_switches_an_encoder_to_training():
    encoder = embedded("fashion_mnist")
    encoder.net.train()
    assert not any(module.training for module in encoder.net.modules())
    assert not any(parameter.requires_grad for parameter in encoder.net.parameters())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_the_same_features_on_the_cpu():
    images = HELD.images[:500]
    for on_cpu, on_gpu in ((embedded("fashion_mnist"), embedded("fashion_mnist", "cuda")), (image_text(), image_text("cuda"))):
        ask = (lambda e: e.images(images)) if on_cpu is image_text() else (lambda e: e.features(images))
        assert ask(on_gpu).device.type == "cpu"
        assert torch.allclose(ask(on_gpu), ask(on_cpu), rtol=1e-6, atol=1e-6)


# --- images and captions ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def captioned_images():
    return captioned(HELD.images[:300], HELD.labels[:300], torch.Generator().manual_seed(3))


def test_a_caption_is_undone_by_parse():
    assert len(set(all_captions())) == 160
    for caption in all_captions():
        assert parse(caption).caption == caption and parse(f"  {caption.upper()} ") == parse(caption)
    for wrong in ("", "a bag", "a dark bright small upright bag", "a dark small upright bag in a frame in a frame"):
        with pytest.raises(DataError, match=r"expected `a bright\|dark"):
            parse(wrong)


def test_captions_are_true_of_the_pixels_and_the_generator_decides(captioned_images):
    images, said = captioned_images
    again = captioned(HELD.images[:300], HELD.labels[:300], torch.Generator().manual_seed(3))
    assert torch.equal(images, again[0]) and said == again[1]
    assert images.dtype == torch.uint8 and images.shape == (300, 1, 28, 28)
    found, true = measured(images), [parse(each) for each in said]
    for attribute, least in (("bright", 0.99), ("large", 0.97), ("framed", 1.0)):
        right = found[attribute] == torch.tensor([getattr(each, attribute) for each in true])
        assert right.double().mean() >= least, attribute


def test_the_image_text_encoder_finds_caption_and_attributes(captioned_images):
    images, said = captioned_images
    found = zero_shot(image_text(), images, [[each] for each in all_captions()])
    assert sum(all_captions()[int(place)] == each for place, each in zip(found, said, strict=True)) > 0.85 * len(said)
    for attribute in ("bright", "large", "tilted", "framed"):
        groups = [[each for each in all_captions() if getattr(parse(each), attribute) is value] for value in (False, True)]
        right = zero_shot(image_text(), images, groups).bool() == torch.tensor([getattr(parse(each), attribute) for each in said])
        assert right.double().mean() > 0.98, attribute


def test_a_wrong_word_of_the_caption_costs_similarity(captioned_images):
    images, said = captioned_images
    encoder = image_text()
    seen, own = encoder.images(images), encoder.texts(said)
    right = (seen * own).sum(1)
    assert right.mean() > 0.9 and (seen * own.roll(1, 0)).sum(1).mean() < 0.2
    for attribute in ("bright", "large", "tilted", "framed"):
        turned = [Attributes(**{**vars_of(each), attribute: not vars_of(each)[attribute]}).caption for each in map(parse, said)]
        assert ((seen * encoder.texts(turned)).sum(1) < right).double().mean() > 0.97, attribute


def vars_of(true):
    return {name: getattr(true, name) for name in Attributes.__dataclass_fields__}


def test_words_and_sentences_it_never_learnt_are_refused():
    with pytest.raises(MetricError, match="does not know 'blue'"):
        words(["a blue large upright bag"])
    with pytest.raises(AutograderError, match=r"expected `a bright\|dark"):
        words(["a large bright upright bag"])
