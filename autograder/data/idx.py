"""The IDX format of the MNIST family, plain or gzipped: what torchvision, Debian and this project store."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autograder.errors import DataError

LARGEST = 512 * 1024 * 1024


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Unsigned bytes of any rank; DataError names the file when it is not such a file."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            raw = stream.read(LARGEST + 1)
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: cannot be read: {error}", hint="delete it and fetch it again") from error
    if len(raw) < 4 or raw[:3] != b"\x00\x00\x08" or len(raw) > LARGEST:
        raise DataError(f"{path}: not an IDX file of bytes: starts with {raw[:4].hex() or 'nothing'}, expected 000008..")
    rank = raw[3]
    shape = struct.unpack(f">{rank}I", raw[4 : 4 + 4 * rank])
    values = np.frombuffer(raw, np.uint8, offset=4 + 4 * rank)
    if values.size != int(np.prod(shape)):
        raise DataError(f"{path}: cut short: the header says {shape}, {values.size} bytes follow", hint="fetch it again")
    return values.reshape(shape).copy()


def write_idx(path: Path, values: NDArray[np.uint8]) -> None:
    """Write gzipped, without a time stamp: the same values give the same bytes."""
    header = b"\x00\x00\x08" + bytes([values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as stream:
        stream.write(header + values.tobytes())
