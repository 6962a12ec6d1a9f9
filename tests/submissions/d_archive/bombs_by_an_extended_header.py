"""A tar's extended header declares 300 MiB, and is read whole before anything is looked at.

Attacks: D3, C10
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import gzip
import tarfile

SIZE = 300 << 20


def build(folder, name, right, host):
    with gzip.open(folder / f"{name}.tgz", "wb", compresslevel=1) as packed:
        member = tarfile.TarInfo("pax")
        member.type, member.size = tarfile.XHDTYPE, SIZE
        packed.write(member.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(SIZE >> 20):
            packed.write(bytes(1 << 20))
        packed.write(bytes(1024))
