"""Names of a tar lead out by dots and from the root, and one is the class's own honest file.

Attacks: D1, D2
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import io
import tarfile


def build(folder, name, right, host):
    with tarfile.open(folder / f"{name}.tar.gz", "w:gz") as archive:
        for path in ("../toy.py", f"{host}/toy.py", "../honest/toy.py", "/toy.py", "./../toy.py"):
            member = tarfile.TarInfo(path)
            member.size = len(right.encode())
            archive.addfile(member, io.BytesIO(right.encode()))
