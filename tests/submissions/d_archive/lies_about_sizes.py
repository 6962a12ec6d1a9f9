"""A zip whose entries declare other sizes than they have, and a tar with a negative size.

Attacks: D3
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import struct
import tarfile
import zipfile


def build(folder, name, right, host):
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("toy.py", bytes(64 << 20))
    raw = path.read_bytes()
    path.write_bytes(raw.replace(struct.pack("<I", 64 << 20), struct.pack("<I", 100)))
    member = tarfile.TarInfo("toy.py")
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 11 + b"\x00"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (folder / f"{name}-2.tar").write_bytes(bytes(header) + bytes(4096))
    return [name, f"{name}-2"]
