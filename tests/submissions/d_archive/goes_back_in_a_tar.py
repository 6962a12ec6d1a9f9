"""Extended headers of a tar give the next file a size below zero, or beyond all bounds, so that the reader goes in circles.

Attacks: D3, C9
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import io
import tarfile

SIZES = ("-1", "-512", "-1048576", "9" * 30, "1e9", "nan", "")


def build(folder, name, right, host):
    names = []
    for number, size in enumerate(SIZES):
        names.append(f"{name}-{number}")
        with tarfile.open(folder / f"{names[-1]}.tar", "w", format=tarfile.PAX_FORMAT) as archive:
            for path in ("a", "toy.py", "b"):
                member = tarfile.TarInfo(path)
                member.size = 512
                member.pax_headers = {"size": size, "GNU.sparse.major": "0", "path": path}
                archive.addfile(member, io.BytesIO(bytes(512)))
    return names
