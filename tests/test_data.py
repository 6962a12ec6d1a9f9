"""Embedded data, the loader order, and broken files."""

from __future__ import annotations

import gzip

import pytest
import torch
from support import ROOT

from autograder import data
from autograder.data import DataSets, first_place, load
from autograder.data.idx import read_idx, write_idx
from autograder.errors import DataError

HELD_OUT = ROOT / "reference_solutions/data"


@pytest.mark.parametrize("name", ["fashion_mnist", "mnist"])
def test_what_ships_is_real_and_apart_from_what_is_held_out(name):
    sets = DataSets(HELD_OUT)
    train, held = getattr(sets, name)("train"), getattr(sets, name)("heldout")
    assert train.images.shape == (8000, 1, 28, 28) and train.images.dtype == torch.uint8
    assert held.images.shape == (2000, 1, 28, 28)
    assert train.labels.bincount().min() > 600 and held.labels.bincount().tolist() == [200] * 10
    seen = {image.numpy().tobytes() for image in train.images}
    assert not [1 for image in held.images if image.numpy().tobytes() in seen]


def test_a_student_has_no_held_out_part():
    with pytest.raises(DataError, match="only the graders have it"):
        DataSets(None).mnist("heldout")


def test_it_is_a_few_megabytes():
    size = sum(path.stat().st_size for path in (*data.SHIPPED.rglob("*.gz"), *HELD_OUT.rglob("*.gz")))
    assert size < 8_000_000
    assert "licence" in (data.SHIPPED / "README.md").read_text()


def put(folder, count):
    folder.mkdir(parents=True)
    write_idx(folder / "train-images-idx3-ubyte.gz", torch.full((count, 28, 28), 7, dtype=torch.uint8).numpy())
    write_idx(folder / "train-labels-idx1-ubyte.gz", torch.zeros(count, dtype=torch.uint8).numpy())


def test_the_loader_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setitem(data.NAMES, "mnist", ("MNIST", tmp_path / "package"))
    assert first_place("mnist")[0] == "ships with the autograder"
    put(tmp_path / "package", 3)
    assert first_place("mnist")[0] == "system package"
    put(tmp_path / "home/.cache/torchvision/MNIST/raw", 4)
    assert first_place("mnist")[0] == "torchvision cache"
    put(tmp_path / "mine", 5)
    assert first_place("mnist", tmp_path / "mine")[0] == "given path"
    assert len(load("mnist", tmp_path / "mine").images) == 5
    assert len(load("mnist").images) == 4


def test_a_given_path_without_data_is_an_error_and_not_passed_over(tmp_path):
    with pytest.raises(DataError, match="leave the path out"):
        load("mnist", tmp_path)


def test_an_unknown_name_is_refused():
    with pytest.raises(DataError, match="expected one of fashion_mnist, mnist"):
        load("cifar")


def test_a_download_is_torchvisions_and_its_failure_is_explained(tmp_path, monkeypatch):
    import torchvision.datasets

    def fetch(root, download):
        assert download
        put(tmp_path / "MNIST/raw", 6)

    monkeypatch.setattr(torchvision.datasets, "MNIST", fetch)
    assert len(load("mnist", tmp_path, download=True).images) == 6

    def fail(root, download):
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz")

    monkeypatch.setattr(torchvision.datasets, "MNIST", fail)
    with pytest.raises(DataError, match="without a network leave out --download"):
        load("mnist", tmp_path, download=True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(b"\x00\x00\x08\x03" + b"\x00\x00\x00\x05" * 3 + b"1"), "cut short"),
        (gzip.compress(b"hello"), "not an IDX file"),
        (b"not gzip", "cannot be read"),
        (gzip.compress(b""), "starts with nothing"),
    ],
)
def test_a_broken_file_is_named(tmp_path, content, words):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_writing_is_repeatable(tmp_path):
    values = torch.arange(60, dtype=torch.uint8).reshape(3, 4, 5).numpy()
    for name in ("a.gz", "b.gz"):
        write_idx(tmp_path / name, values)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert (read_idx(tmp_path / "a.gz") == values).all()
