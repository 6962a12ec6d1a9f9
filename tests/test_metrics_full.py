"""The encoders of the full profile: a missing file is named, and weights in the right format work. Nothing is downloaded.

The weights here are random: what is proven is the way from the site's cache to a number, not the number.
"""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace

import pytest
import torch

from autograder.errors import DataError, MetricError
from autograder.metrics import cache, full
from autograder.metrics import clip as clips
from autograder.metrics.similarity import clip_score

COLOURS = torch.randint(0, 256, (5, 3, 40, 31), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
TEXTS = ["a red bag", "a bag", "a boot"]


# --- Inception -------------------------------------------------------------------------------------------------------------


def test_missing_inception_weights_are_named_with_the_way_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(
        DataError, match=r"missing weights-inception-2015-12-05-6726825d.pth: looked for .*/pt_inception"
    ) as caught:
        full.inception()
    assert "with a network: python -c" in caught.value.hint
    with pytest.raises(DataError, match=r"missing mine.pth: looked for .*mine.pth"):
        full.inception(tmp_path / "mine.pth")


@pytest.mark.parametrize("name", full.INCEPTION_FILES)
def test_other_bytes_under_the_right_name_are_not_opened(name, tmp_path, monkeypatch):
    """The file is a pickle, which can do anything when it is opened."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / name).write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    with pytest.raises(DataError, match="not the published Inception weights: expected SHA-256 6726825d0af5"):
        full.inception()


def test_a_library_that_is_not_installed_is_named():
    with pytest.raises(DataError, match="full profile: no_such_library is not installed") as caught:
        full.library("no_such_library")
    assert "autograder[course]" in caught.value.hint


def random_weights(kind, path):
    """A file of this network's shapes, by way of a loader that leaves the random weights as they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "load", lambda *_, **__: {})
        patch.setattr(torch.nn.Module, "load_state_dict", lambda *_, **__: None)
        torch.manual_seed(0)
        net = kind("inception", ["2048"], "nowhere")
    torch.save(net.state_dict(), path)


@pytest.mark.slow
def test_inception_weights_of_the_right_format_give_features_and_logits(tmp_path):
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3 as Theirs

    path = tmp_path / "random.pth"
    random_weights(Theirs, path)
    encoder = full.inception(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    features, logits = encoder.both(COLOURS)
    assert features.shape == (5, 2048) and logits.shape == (5, 1008) and features.isfinite().all()
    assert torch.allclose(encoder.features(COLOURS[:2]), features[:2], rtol=1e-4)
    theirs = Theirs("inception", ["2048"], str(path))(COLOURS)[0]
    assert torch.allclose(features, theirs, rtol=1e-4, atol=1e-6)
    grey = COLOURS[:, :1]
    assert torch.allclose(encoder.features(grey), encoder.features(grey.repeat(1, 3, 1, 1)), rtol=1e-4)
    assert encoder.preprocess.name == "3x299x299 [-1,0.992188] bilinear tensorflow1"
    with pytest.raises(MetricError, match="expected uint8"):
        encoder.features(COLOURS.float())


# --- CLIP ------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A CLIP of a few thousand random weights, as `save_pretrained` leaves it."""
    import transformers

    where = tmp_path_factory.mktemp("clip")
    tower = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    letters = [chr(place) for place in range(ord("a"), ord("z") + 1)]
    tokens = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (where / "vocab.json").write_text(json.dumps({token: place for place, token in enumerate(tokens)}))
    (where / "merges.txt").write_text("#version: 0.2\n")
    transformers.CLIPTokenizer.from_pretrained(str(where)).save_pretrained(where)
    text = {
        **tower,
        "vocab_size": len(tokens),
        "max_position_embeddings": 12,
        "eos_token_id": len(tokens) - 1,
        "bos_token_id": len(tokens) - 2,
    }
    torch.manual_seed(1)
    config = transformers.CLIPConfig(
        text_config=text, vision_config={**tower, "image_size": 32, "patch_size": 16}, projection_dim=8
    )
    transformers.CLIPModel(config).save_pretrained(where)
    transformers.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(where)
    return where


@pytest.mark.slow
def test_clip_from_a_folder_embeds_images_and_texts(folder):
    encoder = clips.clip(str(folder))
    images, texts = encoder.images(COLOURS), encoder.texts(TEXTS)
    assert images.shape == (5, 8) and texts.shape == (3, 8)
    for found in (images, texts):
        assert torch.allclose(found.norm(dim=1), torch.ones(len(found)), atol=1e-6)
        assert torch.pdist(found).min() > 1e-4  # not one embedding for everything
    assert torch.allclose(encoder.texts(TEXTS[1:2]), texts[1:2], atol=1e-6)  # padding does not count
    assert encoder.texts(["bag " * 40]).isfinite().all()  # longer than the context
    with pytest.raises(MetricError, match="expected uint8"):  # the processor would divide by 255 once more
        encoder.images(COLOURS.float() / 255)


@pytest.mark.slow
def test_clip_agrees_with_torchmetrics_and_with_transformers_own_call(folder):
    import transformers
    from torchmetrics.functional.multimodal.clip_score import clip_score as theirs

    encoder = clips.clip(str(folder))
    said, images = TEXTS[:1] * 5, COLOURS
    net, processor = encoder.net.net, transformers.CLIPProcessor(encoder.processor, encoder.tokenizer)
    inputs = processor(text=said, images=list(images), return_tensors="pt", padding=True)
    with torch.inference_mode():
        logits = net(**inputs).logits_per_image.diagonal() / net.logit_scale.exp()
    ours = (encoder.images(images) * encoder.texts(said)).sum(1)
    assert torch.allclose(ours, logits, atol=1e-6)
    old = SimpleNamespace(config=net.config, to=lambda _: old)  # a model as before transformers 5: tensors come back
    old.get_image_features = lambda pixels: encoder.images(images)
    old.get_text_features = lambda ids, mask: encoder.texts(said)
    with torch.inference_mode():
        value = float(theirs(list(images), said, lambda: (old, processor)))
    positive = clip_score(encoder.images(images), encoder.texts(said), w=100)
    assert value == pytest.approx(max(float(100 * ours.mean()), 0), rel=1e-4, abs=1e-4)
    assert positive == pytest.approx(float(100 * ours.clamp(min=0).mean()), rel=1e-5)


@pytest.mark.slow
def test_both_kinds_of_answer_of_transformers_are_understood(folder):
    """A tensor before version 5, an object with `pooler_output` since."""
    encoder = clips.clip(str(folder))
    want = encoder.images(COLOURS)
    net = encoder.net.net
    new = net.get_image_features

    def as_before(**inputs):
        return getattr(new(**inputs), "pooler_output", None)

    assert as_before(**encoder.processor(images=list(COLOURS), return_tensors="pt")) is not None
    net.get_image_features = as_before
    assert torch.equal(encoder.images(COLOURS), want)


@pytest.mark.slow
def test_a_clip_folder_that_lacks_a_file_is_named(folder, tmp_path):
    import shutil

    digest = clips.clip(str(folder)).digest
    for gone, says in (
        ("config.json", "config.json"),
        ("model.safetensors", "pytorch_model.bin"),
        ("tokenizer.json", "tokenizer.json"),
    ):
        copy = tmp_path / gone
        shutil.copytree(folder, copy)
        for name in {gone, "vocab.json" if gone == "tokenizer.json" else gone}:
            (copy / name).unlink(missing_ok=True)
        with pytest.raises(DataError, match=rf"clip: missing .*{says}.*: looked in ") as caught:
            clips.clip(str(copy))
        assert "snapshot_download" in caught.value.hint
    (tmp_path / "config.json" / "config.json").write_text("{}")
    (tmp_path / "config.json" / "model.safetensors").write_text("no weights")
    with pytest.raises(DataError, match="cannot be loaded"):
        clips.clip(str(tmp_path / "config.json"))
    assert clips.clip(str(folder)).digest == digest


def test_a_clip_that_is_not_in_the_cache_is_named(tmp_path, monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        DataError, match=r"clip: missing openai/clip-vit-base-patch32: looked for .*models--openai--clip"
    ) as caught:
        clips.clip_folder(clips.CLIP_NAME)
    assert "snapshot_download('openai/clip-vit-base-patch32')" in caught.value.hint


def test_the_preprocessing_of_a_full_encoder_is_named_and_keeps_the_bytes():
    same = full.TENSORFLOW(COLOURS)
    assert same.dtype == torch.uint8 and torch.equal(same, COLOURS)
    assert torch.equal(full.TENSORFLOW(COLOURS[:, :1])[:, 2], COLOURS[:, 0])
    assert cache.digest(COLOURS) != cache.digest(COLOURS[:4])
