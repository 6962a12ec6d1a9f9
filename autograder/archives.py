"""Our own reader of folders and archives: gives the few files that an assignment accepts, and a sentence for all that is odd.

Nothing is ever unpacked to disk: names come from the assignment's list, only regular files are read, each up to its cap, and
sizes that an archive declares about itself are not believed. Links, devices, absolute paths and `..` are reported and skipped.
"""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

MIB = 1024 * 1024
MAX_ARCHIVE, MAX_UNPACKED, MAX_ENTRIES, MAX_DEPTH = 256 * MIB, 512 * MIB, 5000, 12
MAX_HEADER, MAX_PROBLEMS = MIB, 20
PAX_TYPES = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
IGNORED = {"__MACOSX", ".git", ".ipynb_checkpoints", "__pycache__", ".DS_Store", ".venv"}
ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")


@dataclass(slots=True)
class Contents:
    """What was found in one submission."""

    files: dict[str, bytes] = field(default_factory=dict)
    """Accepted name -> content."""
    problems: list[str] = field(default_factory=list)
    """What could not be read or is odd, as sentences for student and instructor."""


class _Member(tarfile.TarInfo):
    """A tar entry whose own description is bounded: `tarfile` reads long names and sparse maps whole, at any size."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        described = self.type not in tarfile.SUPPORTED_TYPES or self.type in (*tarfile.GNU_TYPES, *PAX_TYPES)
        if self.type == tarfile.GNUTYPE_SPARSE or (described and self.size > MAX_HEADER) or self.size < 0:
            raise _Unreadable("the archive holds an entry with an unusual header: pack the files anew with zip or tar")
        return super()._proc_member(archive)  # type: ignore[misc, no-any-return]

    def _proc_gnusparse_10(self, *_: object) -> None:
        raise _Unreadable("the archive holds a sparse file: pack the files anew with zip or tar")


class _Unreadable(Exception):
    """The whole archive cannot be read; the text is the sentence."""


@dataclass(frozen=True, slots=True)
class _Found:
    """One entry whose name is accepted."""

    path: PurePosixPath
    content: bytes


def read_contents(path: Path, caps: Mapping[str, int]) -> Contents:
    """The accepted files of a folder, an archive or a single file. `caps`: accepted name -> most bytes. Never raises."""
    contents = Contents()
    try:
        found, held = [], 0
        for entry in _entries(path, caps, contents.problems):
            found.append(entry)
            held += len(entry.content)
            if held > 4 * sum(caps.values()):
                raise _Unreadable(f"{_safe(path.name)} holds the same files many times: hand in one of each")
    except _Unreadable as problem:
        contents.problems.append(str(problem))
        return contents
    except Exception as error:  # each decompressor has errors of its own (lzma.LZMAError); none of them is ours
        contents.problems.append(f"{_safe(path.name)} cannot be read ({_short(error)}): hand in a folder, .zip or .tar.gz")
        return contents
    _choose(found, caps, contents)
    if len(contents.problems) > MAX_PROBLEMS:
        contents.problems[MAX_PROBLEMS:] = [f"and {len(contents.problems) - MAX_PROBLEMS} more of this kind"]
    return contents


def _entries(path: Path, caps: Mapping[str, int], problems: list[str]) -> Iterator[_Found]:
    if path.is_symlink():
        raise _Unreadable(f"{_safe(path.name)} is a link: hand in the files themselves")
    if path.is_dir():
        yield from _folder(path, caps, problems)
        return
    if not stat.S_ISREG(path.lstat().st_mode):
        raise _Unreadable(f"{_safe(path.name)} is not a regular file: hand in the file itself")  # a FIFO would never open
    name = path.name.lower()
    if path.stat().st_size > MAX_ARCHIVE:
        raise _Unreadable(f"{_safe(path.name)} has {path.stat().st_size // MIB} MiB, the limit is {MAX_ARCHIVE // MIB} MiB")
    if name.endswith(".zip"):
        yield from _zip(path, caps, problems)
    elif name.endswith((".tar.gz", ".tgz", ".tar")):
        yield from _tar(path, caps, problems)
    else:
        raise _Unreadable(f"{_safe(path.name)} is not something that can be graded: hand in a folder, .zip or .tar.gz")


def _folder(root: Path, caps: Mapping[str, int], problems: list[str]) -> Iterator[_Found]:
    count = 0
    os.scandir(root).close()  # an unreadable folder is an error here; os.walk would pass it over
    for folder, folders, files in os.walk(root, followlinks=False):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if name not in IGNORED and not (here / name).is_symlink())
        if len(here.relative_to(root).parts) >= MAX_DEPTH:
            folders.clear()
        for name in sorted(files):
            count += 1
            if count > MAX_ENTRIES:
                raise _Unreadable(f"more than {MAX_ENTRIES} files: hand in only the files that the statement names")
            if name in caps or name.casefold() in caps:
                content = _open_regular(here / name, caps.get(name, 0), problems)
                if content is not None:
                    yield _Found(PurePosixPath((here / name).relative_to(root).as_posix()), content)


def _open_regular(path: Path, cap: int, problems: list[str]) -> bytes | None:
    """The content of a regular file that is not reached through a link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        problems.append(f"{_safe(path.name)} cannot be read ({error.strerror}): hand in the file itself, not a link")
        return None
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            problems.append(f"{_safe(path.name)} is not a regular file: hand in the file itself")
            return None
        return _capped(stream, path.name, cap, problems)


def _zip(path: Path, caps: Mapping[str, int], problems: list[str]) -> Iterator[_Found]:
    with path.open("rb") as stream:
        end = zipfile._EndRecData(stream)  # type: ignore[attr-defined]
    if end and end[5] > MAX_ENTRIES * 1200:  # bytes of the directory; listing it first would take minutes
        raise _Unreadable(f"{_safe(path.name)} holds too many entries, the limit is {MAX_ENTRIES}")
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if len(infos) > MAX_ENTRIES:
            raise _Unreadable(f"{_safe(path.name)} holds {len(infos)} entries, the limit is {MAX_ENTRIES}")
        if sum(info.file_size for info in infos) > MAX_UNPACKED:
            raise _Unreadable(f"{_safe(path.name)} unpacks to more than {MAX_UNPACKED // MIB} MiB: hand in the listed files only")
        for info in infos:
            kind = info.external_attr >> 16
            regular = not kind or stat.S_IFMT(kind) in (0, stat.S_IFREG)
            where = _clean(info.filename, problems) if not info.is_dir() else None
            if where is None or not _wanted(where, caps):
                continue
            if not regular:
                problems.append(f"{_safe(info.filename)} in the archive is a link: hand in the file itself")
                continue
            if info.flag_bits & 1:
                problems.append(f"{_safe(info.filename)} in the archive is encrypted: hand it in without a password")
                continue
            if info.compress_type in HEAVY:
                how = HEAVY[info.compress_type]
                problems.append(f"{_safe(info.filename)} in the archive is packed with {how}: pack it with plain zip")
                continue
            with archive.open(info) as stream:
                content = _capped(stream, where.name, caps.get(where.name, 0), problems)
            if content is not None:
                yield _Found(where, content)


HEAVY = {zipfile.ZIP_LZMA: "LZMA", zipfile.ZIP_BZIP2: "bzip2"}
"""LZMA's decoder allocates what the file says, up to 4 GiB; bzip2's gives all of a block at once, whatever is asked for."""
GZIP_HEADER = 64 * 1024
"""Bytes within which the names in a gzip header have to end: tarfile reads them letter by letter."""


def _gzip_header_ends(path: Path) -> bool:
    """Whether extra field, name and comment (RFC 1952, 2.3) are of a sane length."""
    with path.open("rb") as stream:
        head = stream.read(GZIP_HEADER)
    if len(head) <= 10 or head[:2] != b"\x1f\x8b":
        return True  # no gzip: for tarfile to say
    flags, at = head[3], 10
    if flags & 4:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    for flag in (8, 16):
        if flags & flag:
            at = head.find(b"\0", at) + 1
            if not at:
                return False
    return at < GZIP_HEADER


def _tar(path: Path, caps: Mapping[str, int], problems: list[str]) -> Iterator[_Found]:
    count = 0
    if not _gzip_header_ends(path):
        raise _Unreadable(f"{_safe(path.name)} begins with a name without end: pack it anew")
    with tarfile.open(path, "r|" if path.name.lower().endswith(".tar") else "r|gz", tarinfo=_Member) as archive:
        for member in archive:
            count += 1
            if count > MAX_ENTRIES or member.offset > MAX_UNPACKED or member.size > MAX_UNPACKED:
                raise _Unreadable(f"{_safe(path.name)} holds more than {MAX_ENTRIES} entries or {MAX_UNPACKED // MIB} MiB")
            where = _clean(member.name, problems) if not member.isdir() else None
            if where is None or not _wanted(where, caps):
                continue
            if not member.isreg():
                problems.append(f"{_safe(member.name)} in the archive is a link or a device: hand in the file itself")
                continue
            stream = archive.extractfile(member)
            content = _capped(stream, where.name, caps.get(where.name, 0), problems) if stream is not None else None
            if content is not None:
                yield _Found(where, content)


def _clean(name: str, problems: list[str]) -> PurePosixPath | None:
    """The entry's path when it stays inside the archive; else a problem."""
    if len(name) > 1024:
        problems.append(f"the archive holds the name {_safe(name)}, which is too long: pack the files by their plain names")
        return None
    plain = name.replace("\\", "/")
    parts = PurePosixPath(plain).parts
    if plain.startswith("/") or ".." in parts or (len(plain) > 1 and plain[1] == ":") or "\0" in name:
        problems.append(f"the archive holds the path {_safe(name)}, which leads out of it: pack the files by their plain names")
        return None
    if not parts or any(part in IGNORED for part in parts) or parts[-1].startswith("._"):
        return None
    return PurePosixPath(*parts)


def _wanted(where: PurePosixPath, caps: Mapping[str, int]) -> bool:
    return (where.name in caps or where.name.casefold() in caps) and len(where.parts) <= MAX_DEPTH


def _capped(stream: IO[bytes], name: str, cap: int, problems: list[str]) -> bytes | None:
    """The content up to the cap, whatever size was declared."""
    if not cap:
        return b""  # a name that only differs in case: never read, only reported
    content = stream.read(cap + 1)
    if len(content) > cap:
        problems.append(f"{_safe(name)} is larger than the {cap / MIB:g} MiB that this assignment accepts")
        return None
    return content


def _choose(found: list[_Found], caps: Mapping[str, int], contents: Contents) -> None:
    """One file per accepted name: the one nearest to the top; two at the same depth are refused."""
    for name in caps:
        same = sorted((entry for entry in found if entry.path.name == name), key=lambda entry: len(entry.path.parts))
        if len(same) > 1 and len(same[0].path.parts) == len(same[1].path.parts):
            contents.problems.append(f"there are {len(same)} files called {name}: hand in one")
        elif same:
            contents.files[name] = same[0].content
        else:
            other = [entry for entry in found if entry.path.name.casefold() == name]
            if other:
                contents.problems.append(f"the file is called {_safe(other[0].path.name)}: rename it to {name}")


def _safe(name: str) -> str:
    """A name that a student chose, fit for a sentence of ours."""
    return "`" + "".join(c if c.isascii() and c.isprintable() and c != "`" else "?" for c in name)[:80] + "`"


def _short(error: BaseException) -> str:
    return _safe(str(error) or type(error).__name__).strip("`")
