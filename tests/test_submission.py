"""Reading submissions: nothing is followed, trusted or unpacked, and every oddity is a sentence."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import RIGHT

from autograder.archives import MAX_ENTRIES, read_contents
from autograder.submission import find_submissions, read_submission

CAPS = {"toy.py": 1000, "toy.ipynb": 1000}


def read(path: Path):
    return read_contents(path, CAPS)


def make_zip(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def make_tar(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def info(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


@pytest.mark.parametrize("layout", ["toy.py", "work/toy.py", "a/b/toy.py"])
def test_folder_zip_and_tar_give_the_same_file(tmp_path, layout):
    folder = tmp_path / "folder" / Path(layout).parent
    folder.mkdir(parents=True)
    (folder / "toy.py").write_bytes(b"x")
    packed = make_zip(tmp_path / "a.zip", {layout: b"x"})
    rolled = make_tar(tmp_path / "a.tar.gz", [(info(layout), b"x")])
    for path in (tmp_path / "folder", packed, rolled):
        assert read(path).files == {"toy.py": b"x"}
        assert read(path).problems == []


@pytest.mark.parametrize("name", ["../toy.py", "/toy.py", "a/../../toy.py", "..\\toy.py", "C:\\toy.py", "/etc/toy.py"])
def test_paths_that_leave_the_archive_are_reported_and_not_used(tmp_path, name):
    found = read(make_zip(tmp_path / "a.zip", {name: b"evil", "work/toy.py": b"good"}))
    assert found.files == {"toy.py": b"good"}
    assert "leads out of it" in found.problems[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_an_archive_are_refused(tmp_path, kind):
    found = read(make_tar(tmp_path / "a.tar.gz", [(info("toy.py", kind, "/etc/passwd"), b"")]))
    assert found.files == {}
    assert "hand in the file itself" in found.problems[0]


def test_a_zip_entry_that_is_a_link_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        entry = zipfile.ZipInfo("toy.py")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    found = read(tmp_path / "a.zip")
    assert found.files == {} and "link" in found.problems[0]


def test_links_in_a_folder_are_not_followed(tmp_path):
    (tmp_path / "secret.py").write_text("secret")
    folder = tmp_path / "ada"
    (folder / "deep").mkdir(parents=True)
    (folder / "toy.py").symlink_to(tmp_path / "secret.py")
    (folder / "deep" / "back").symlink_to(tmp_path)
    found = read(folder)
    assert found.files == {} and "not a link" in found.problems[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_does_not_block(tmp_path):
    (tmp_path / "ada").mkdir()
    os.mkfifo(tmp_path / "ada" / "toy.py")
    assert "not a regular file" in read(tmp_path / "ada").problems[0]


def test_a_file_beyond_its_cap_is_refused_whatever_the_header_says(tmp_path):
    found = read(make_zip(tmp_path / "a.zip", {"toy.py": b"0" * 5000}))
    assert found.files == {} and "larger than" in found.problems[0]


def test_a_bomb_is_not_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("big.bin", "w") as stream:
        for _ in range(600):
            stream.write(bytes(1 << 20))
    found = read(tmp_path / "a.zip")
    assert found.files == {} and "unpacks to more than" in found.problems[0]


def test_a_tar_bomb_ends_at_the_limit(tmp_path):
    import gzip

    with gzip.open(tmp_path / "a.tar.gz", "wb", compresslevel=1) as stream:
        header = tarfile.TarInfo("big.bin")
        header.size = 1 << 40
        stream.write(header.tobuf())
        for _ in range(64):
            stream.write(bytes(1 << 20))
    found = read(tmp_path / "a.tar.gz")
    assert found.files == {} and found.problems


def test_too_many_entries_are_refused(tmp_path):
    found = read(make_zip(tmp_path / "a.zip", {f"f{i}": b"" for i in range(MAX_ENTRIES + 1)}))
    assert "the limit is" in found.problems[0]


def test_two_files_of_one_name_are_refused(tmp_path):
    found = read(make_zip(tmp_path / "a.zip", {"a/toy.py": b"1", "b/toy.py": b"2"}))
    assert found.files == {} and "2 files called toy.py" in found.problems[0]


def test_a_name_in_other_case_is_explained(tmp_path):
    found = read(make_zip(tmp_path / "a.zip", {"Toy.py": b"1"}))
    assert found.files == {} and "rename it to toy.py" in found.problems[0]


def test_an_encrypted_zip_is_explained(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"toy.py": b"x" * 40})
    raw = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(magic) + offset] |= 1
    path.write_bytes(raw)
    assert read(path).files == {} and "encrypted" in read(path).problems[0]


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar", "a.rar"])
def test_what_is_no_archive_is_explained(tmp_path, name):
    (tmp_path / name).write_bytes(b"this is not an archive" * 50)
    found = read(tmp_path / name)
    assert found.files == {} and "hand in a folder, .zip or .tar.gz" in found.problems[0]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), ending=st.sampled_from([".zip", ".tar.gz", ".tar", ".tgz"]), cut=st.integers(0, 200))
def test_broken_archives_never_raise(tmp_path, data, ending, cut):
    path = tmp_path / f"x{ending}"
    good = make_zip(path, {"toy.py": b"x" * 50}) if ending == ".zip" else make_tar(path, [(info("toy.py"), b"x" * 50)])
    raw = bytearray(good.read_bytes())
    at = cut % len(raw)
    raw[at : at + len(data) // 8] = data[: len(data) // 8]
    path.write_bytes(bytes(raw) if cut % 2 else bytes(raw[: len(raw) - at]))
    found = read(path)
    assert set(found.files) <= {"toy.py"}
    assert all(isinstance(problem, str) and len(problem) < 400 for problem in found.problems)


def test_students_are_found_in_every_layout(tmp_path, toy):
    (tmp_path / "class/ada").mkdir(parents=True)
    (tmp_path / "class/ada/toy.py").write_text(RIGHT)
    (tmp_path / "class/bob/toy").mkdir(parents=True)
    (tmp_path / "class/bob/toy/toy.py").write_text(RIGHT)
    make_zip(tmp_path / "class/cleo.zip", {"toy.py": RIGHT.encode()})
    make_tar(tmp_path / "class/dan.tar.gz", [(info("toy.py"), RIGHT.encode())])
    (tmp_path / "class/fay.py").write_text(RIGHT)
    (tmp_path / "class/gus").mkdir()
    (tmp_path / "class/README.md").write_text("not a submission")
    (tmp_path / "class/.git").mkdir()
    found, refused = find_submissions(tmp_path / "class", toy.assignment)
    assert [each.student for each in found] == ["ada", "bob", "cleo", "dan", "fay", "gus"]
    assert refused == []
    for each in found[:5]:
        submission = read_submission(each, toy.assignment)
        assert submission.files == {"toy.py": RIGHT.encode()}, each
    assert read_submission(found[5], toy.assignment).problems == ("toy.py is missing: hand it in",)


def test_one_submission_can_be_named_directly(tmp_path, toy):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada/toy.py").write_text(RIGHT)
    for path in (tmp_path / "ada", tmp_path / "ada/toy.py"):
        found, _ = find_submissions(path, toy.assignment)
        assert len(found) == 1


def test_of_module_and_notebook_the_worked_on_one_counts(tmp_path, toy):
    handout = toy.assignment.folder / "handout"
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada/toy.ipynb").write_bytes((handout / "toy.ipynb").read_bytes())
    (tmp_path / "ada/toy.py").write_text(RIGHT)
    found, _ = find_submissions(tmp_path, toy.assignment)
    assert set(read_submission(found[0], toy.assignment).files) == {"toy.py"}
    (tmp_path / "ada/toy.ipynb").write_bytes((handout / "toy.ipynb").read_bytes() + b"\n")
    (tmp_path / "ada/toy.py").write_bytes((handout / "toy.py").read_bytes())
    assert set(read_submission(found[0], toy.assignment).files) == {"toy.ipynb"}


def test_the_digest_depends_on_content_alone(tmp_path, toy):
    from autograder.submission import Submission

    assert Submission("a", {"toy.py": b"1"}).digest == Submission("b", {"toy.py": b"1"}).digest
    assert Submission("a", {"toy.py": b"1"}).digest != Submission("a", {"toy.py": b"2"}).digest


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_is_explained(tmp_path, toy):
    (tmp_path / "class/ada").mkdir(parents=True)
    (tmp_path / "class/ada/toy.py").write_text(RIGHT)
    (tmp_path / "class/ada").chmod(0)
    found, _ = find_submissions(tmp_path / "class", toy.assignment)
    submission = read_submission(found[0], toy.assignment)
    (tmp_path / "class/ada").chmod(0o755)
    assert submission.files == {} and "cannot be read" in submission.problems[0]


def test_a_git_checkout_is_a_folder_and_git_is_never_run(tmp_path, toy):
    checkout = tmp_path / "class/ada"
    (checkout / ".git/hooks").mkdir(parents=True)
    (checkout / ".git/config").write_text("[core]\n\tfsmonitor = touch " + str(tmp_path / "canary") + "\n")
    (checkout / ".git/toy.py").write_text("not this one")
    (checkout / "toy.py").write_text(RIGHT)
    found, _ = find_submissions(tmp_path / "class", toy.assignment)
    assert read_submission(found[0], toy.assignment).files == {"toy.py": RIGHT.encode()}
    assert not (tmp_path / "canary").exists()
