"""512 MiB of zeros under the accepted name in a zip of half a megabyte.

Attacks: D3
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import zipfile


def build(folder, name, right, host):
    with (
        zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("toy.py", "w", force_zip64=True) as file,
    ):
        for _ in range(128):
            file.write(bytes(4 << 20))
