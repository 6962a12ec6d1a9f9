"""100,000 entries, each a claim on the reader's memory.

Attacks: D3
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import zipfile


def build(folder, name, right, host):
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        for number in range(100000):
            archive.writestr(f"{number}", b"")
        archive.writestr("toy.py", right)
