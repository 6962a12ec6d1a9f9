"""The doctor lists every encoder: those that ship, the judge's own where a course is, and what the full profile lacks."""

from __future__ import annotations

import shutil

import pytest
import torch
from support import ROOT

from autograder import doctor
from autograder.metrics import embedded as shelf
from autograder.metrics import image_text as pairs


@pytest.fixture
def listed(monkeypatch, tmp_path):
    """Name -> finding, for a course folder, with empty caches of the full profile."""
    import huggingface_hub.constants

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "face"))
    return lambda start: {each.what.removeprefix("encoder "): each for each in doctor._encoders(start)}


def test_encoders_that_ship_are_well_and_the_full_ones_are_missing_with_a_hint(listed):
    found = listed(ROOT)
    for name in ("fashion_mnist", "mnist", "image_text", "fashion_mnist_second"):
        assert found[name].ok and found[name].needed and found[name].found.startswith("ok, digest "), name
    for name, command in (("inception_v3 (full profile)", "torch_fidelity"), ("clip (full profile)", "snapshot_download")):
        assert not found[name].ok and not found[name].needed, name
        assert "missing" in found[name].found and command in found[name].hint


def test_what_a_site_provides_is_found(listed, tmp_path):
    folder = tmp_path / "hub/checkpoints"
    folder.mkdir(parents=True)
    (folder / "pt_inception-2015-12-05-6726825d.pth").touch()
    assert listed(ROOT)["inception_v3 (full profile)"].ok


def test_where_there_is_no_held_out_data_no_second_encoder_is_asked_for(listed, toy_root):
    assert set(listed(toy_root)) == set(listed(ROOT)) - {"fashion_mnist_second"}


def test_damaged_weights_and_statistics_of_another_encoder_are_told(listed, toy_root, tmp_path, monkeypatch):
    shutil.copytree(shelf.WEIGHTS, tmp_path / "weights")
    for module in (shelf, pairs):
        monkeypatch.setattr(module, "WEIGHTS", tmp_path / "weights")
    shelf.embedded.cache_clear()
    pairs.image_text.cache_clear()
    (tmp_path / "weights/mnist.safetensors").write_text("lost")
    (tmp_path / "weights/image_text.safetensors").unlink()
    data = toy_root / "reference_solutions/data"
    for name in ("encoders", "statistics", "fashion_mnist"):
        shutil.copytree(ROOT / "reference_solutions/data" / name, data / name)
    shutil.copy(data / "statistics/mnist.safetensors", data / "statistics/fashion_mnist_second.safetensors")
    found = listed(toy_root)
    shelf.embedded.cache_clear()
    pairs.image_text.cache_clear()
    assert found["fashion_mnist"].ok
    assert "not a safetensors file" in found["mnist"].found and "install the autograder again" in found["mnist"].hint
    assert "missing" in found["image_text"].found
    second = found["fashion_mnist_second"]
    assert not second.ok and "statistics: made with the encoder" in second.found and "make.py again" in second.hint
