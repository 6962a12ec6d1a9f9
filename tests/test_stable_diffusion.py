"""The Stable Diffusion that ships loads offline, is the one its card speaks of, and its captions are true. Nothing is trained."""

from __future__ import annotations

import importlib
import re
import shutil
import sys

import diffusers
import pytest
import torch
from support import ROOT

from autograder.data import DataSets
from autograder.data.captions import all_captions, brightness, captioned, measured, parse, rendered
from autograder.data.stable_diffusion import FOLDER, PARTS, as_seen, as_stored, digest, pipeline
from autograder.data.subjects import SUBJECT, chequered
from autograder.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries warn about their own future
MAKER = ROOT / "reference_solutions/data/stable_diffusion"
CARD = (FOLDER / "README.md").read_text(encoding="utf-8")
IMAGES = DataSets().fashion_mnist("train")


@pytest.fixture(scope="module")
def pipe():
    found = diffusers.StableDiffusionPipeline.from_pretrained(FOLDER, safety_checker=None)  # as a student writes it
    found.set_progress_bar_config(disable=True)
    return found


@pytest.fixture
def maker(monkeypatch):
    """Imports a file of the training command."""
    monkeypatch.syspath_prepend(str(MAKER))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if (MAKER / f"{name}.py").exists():
            del sys.modules[name]


# --- what ships ------------------------------------------------------------------------------------------------------------


def test_the_card_is_of_these_files():
    assert f"`{digest()}`" in CARD
    size = sum(path.stat().st_size for name in PARTS[1:] for path in (FOLDER / name).iterdir())
    assert re.search(r"\| bytes \| ([\d,]+) \|", CARD).group(1) == f"{size:,}"
    assert size <= 6e6 and (FOLDER / "samples.png").stat().st_size < 200_000
    assert all(path.suffix in (".json", ".txt", ".safetensors") for name in PARTS[1:] for path in (FOLDER / name).iterdir())


def test_the_card_tells_how_it_was_made_and_what_was_measured():
    for word in (
        "8,000 images",
        "train.py autoencoder",
        "seed, steps, CPU seconds",
        "class, by the encoder",
        "by the classifier",
    ):
        assert word in CARD, word
    assert (FOLDER / "samples.png").read_bytes().startswith(b"\x89PNG")


def test_it_loads_in_float32_with_the_parts_of_stable_diffusion(pipe):
    for part in (pipe.unet, pipe.vae, pipe.text_encoder):
        assert {parameter.dtype for parameter in part.parameters()} == {torch.float32}, type(part)
    assert type(pipe.tokenizer).__name__.startswith("CLIPTokenizer") and type(pipe.text_encoder).__name__ == "CLIPTextModel"
    assert pipe.scheduler.config.steps_offset == 1 and pipe.scheduler.config.prediction_type == "epsilon"
    assert pipe.scheduler.init_noise_sigma > 10  # Euler: a loop that forgets to scale is found out
    assert sum(parameter.numel() for parameter in pipe.unet.parameters()) <= 3_000_000


def test_ten_steps_give_an_image_and_the_seed_decides_it(pipe):
    def drawn(seed):
        generator = torch.Generator().manual_seed(seed)
        return pipe("a bright large upright bag", num_inference_steps=10, generator=generator, output_type="pt").images

    first = drawn(0)
    assert first.shape == (1, 1, 32, 32) and 0 <= first.min() < 0.1 and 0.3 < first.max() <= 1
    assert torch.equal(first, drawn(0)) and not torch.equal(first, drawn(1))
    stored = as_stored(first)
    assert stored.shape == (1, 1, 28, 28) and stored.dtype == torch.uint8


def test_prompts_are_told_apart(pipe):
    """The same noise: a bright sample is brighter than a dark one, a framed one has a frame."""
    said = ["a bright large upright bag", "a dark large upright bag", "a dark large upright bag in a frame"]
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(5)).repeat(3, 1, 1, 1)
    made = as_stored(pipe(said, num_inference_steps=10, guidance_scale=3.0, latents=latents, output_type="pt").images)
    level = brightness(made)
    assert level[0] > level[1] and measured(made)["framed"].tolist() == [False, False, True]


def test_samples_show_what_their_prompts_say(pipe, maker):
    """The first third of the card's samples, made again: four in five of their class at least, and what the card says of all."""
    fidelity, captions = maker("fidelity"), all_captions()
    made, _ = fidelity.samples(pipe, captions, seed=0)
    found = dict(fidelity.figures(made, captions))
    for what in ("class, by the encoder", "bright, by pixels", "large, by pixels", "tilted, by the encoder", "framed, by pixels"):
        said = float(re.search(rf"\| {what} \| ([\d.]+) \|", CARD).group(1))
        assert found[what] >= 0.8 and abs(found[what] - said) < 0.07, (what, found[what], said)


def test_a_stage_that_has_not_run_is_named_with_its_command(maker, tmp_path):
    with pytest.raises(SystemExit, match=r"diffusion.pt: missing: .*first run `python .*train.py diffusion`"):
        maker("checkpoint").needed("diffusion", tmp_path)


def test_an_image_survives_the_autoencoder(pipe):
    images = captioned(IMAGES.images[:50], IMAGES.labels[:50], torch.Generator().manual_seed(2))[0]
    with torch.inference_mode():
        latents = pipe.vae.encode(as_seen(images)).latent_dist.mode()
        back = as_stored(pipe.vae.decode(latents).sample / 2 + 0.5)
    assert latents.shape == (50, 4, 8, 8) and 0.7 < (latents * pipe.vae.config.scaling_factor).std() < 1.3
    assert (back.float() - images.float()).abs().mean() < 0.02 * 255


def test_a_missing_part_is_named(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "model")
    shutil.rmtree(tmp_path / "model/unet")
    with pytest.raises(DataError, match=r"unet: missing"):
        pipeline(tmp_path / "model")


# --- words -----------------------------------------------------------------------------------------------------------------


def test_each_word_is_one_token_and_captions_come_back(pipe):
    tokenizer = pipe.tokenizer
    words = {word for caption in all_captions() for word in caption.lower().replace("-", " ").split()} | {SUBJECT}
    assert all(len(tokenizer(word)["input_ids"]) == 3 for word in words)  # start, word, end
    assert max(len(tokenizer(caption)["input_ids"]) for caption in all_captions()) <= tokenizer.model_max_length == 16
    for caption in all_captions()[::7]:
        read = tokenizer.decode(tokenizer(caption)["input_ids"], skip_special_tokens=True)
        assert read.replace(" ", "") == caption.lower().replace(" ", "")
    assert tokenizer.unk_token_id not in tokenizer("a hypothetical émeu, 7!")["input_ids"][1:-1]  # spelled, not unknown


def test_the_tokenizer_is_made_again_byte_for_byte(maker, tmp_path):
    maker("tokenizer").write(tmp_path)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        assert (tmp_path / name).read_bytes() == (FOLDER / "tokenizer" / name).read_bytes(), name


def test_training_captions_are_deterministic_and_true(maker):
    looks = maker("looks")
    index = torch.arange(200)

    def made():
        generator = torch.Generator().manual_seed(7)
        found = looks.look(IMAGES, index, generator)
        return found, [looks.spoken(each, generator) for each in found.said]

    (first, said), (again, said_again) = made(), made()
    assert torch.equal(first.images, again.images) and said == said_again
    assert 5 < said.count("") < 40
    for true, caption in zip(first.said, said, strict=True):
        words = true.caption.lower().split()
        assert not caption or (true.name in caption and ("in a frame" in caption) == true.framed)
        assert sum(word not in words for word in caption.lower().split()) <= 1  # at most one invented word
        assert SUBJECT not in caption


def test_pixels_show_what_captions_say():
    images, said = captioned(IMAGES.images[:300], IMAGES.labels[:300], torch.Generator().manual_seed(3))
    for attribute, seen in measured(images).items():
        true = torch.tensor([getattr(parse(each), attribute) for each in said])
        assert (seen == true).double().mean() > 0.97, attribute


# --- the subject that was kept back ----------------------------------------------------------------------------------------


def test_a_chequered_garment_keeps_its_attributes():
    flags = torch.rand(300, 4, generator=torch.Generator().manual_seed(1)) < 0.5
    plain, cloth = IMAGES.images[:300], chequered(IMAGES.images[:300])
    assert cloth.shape == plain.shape and cloth.dtype == torch.uint8 and ((cloth > 0) <= (plain > 0)).all()
    assert 0.5 < cloth.float().mean() / plain.float().mean() < 0.8
    made = measured(rendered(cloth, flags, torch.Generator().manual_seed(2)))
    for place, attribute in ((0, "bright"), (1, "large"), (3, "framed")):
        assert (made[attribute] == flags[:, place]).double().mean() > 0.9, attribute
