"""A zip with 4,900 paths that lead out: a sentence about each would bury the report.

Attacks: D1, D3
Earns: 100
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import zipfile


def build(folder, name, right, host):
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        for number in range(4900):
            archive.writestr(f"../{number}/{'x' * 60}", b"")
        archive.writestr("toy.py", right)
