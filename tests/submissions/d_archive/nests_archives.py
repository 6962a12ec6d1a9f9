"""A zip within a zip within a zip, ten deep, the wanted file in the last.

Attacks: D3
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import io
import zipfile


def build(folder, name, right, host):
    inner, path = right.encode(), "toy.py"
    for _ in range(10):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(path, inner)
        inner, path = packed.getvalue(), "toy.zip"
    (folder / f"{name}.zip").write_bytes(inner)
