"""250 folders that each hold a toy.py of zeros: packed small, kept in memory at once.

Attacks: D3, D4
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import zipfile


def build(folder, name, right, host):
    with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(250):
            archive.writestr(f"{number}/toy.py", bytes(2 << 20))
