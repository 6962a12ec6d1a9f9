"""256 MiB of zeros before an accepted file, and again as that file.

Attacks: D3
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import gzip
import io
import tarfile


def build(folder, name, right, host):
    with gzip.open(folder / f"{name}.tgz", "wb", compresslevel=1) as packed:
        for path, size in (("big", 256 << 20), ("toy.py", 256 << 20)):
            member = tarfile.TarInfo(path)
            member.size = size
            packed.write(member.tobuf())
            for _ in range(size >> 22):
                packed.write(bytes(4 << 20))
        packed.write(bytes(1024))
