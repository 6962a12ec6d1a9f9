"""A tar's entry has a name of 100 MiB with fifty million slashes.

Attacks: D3, C10
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import gzip
import tarfile

SIZE = 100 << 20


def build(folder, name, right, host):
    with gzip.open(folder / f"{name}.tgz", "wb", compresslevel=1) as packed:
        member = tarfile.TarInfo("././@LongLink")
        member.type, member.size = tarfile.GNUTYPE_LONGNAME, SIZE
        packed.write(member.tobuf(tarfile.GNU_FORMAT))
        for _ in range(SIZE >> 20):
            packed.write(b"a/" * (1 << 19))
        member = tarfile.TarInfo("short")
        packed.write(member.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
