"""Toy.py is a FIFO: whoever opens it waits for a writer for ever.

Attacks: D2, C9
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import os


def build(folder, name, right, host):
    (folder / name).mkdir()
    os.mkfifo(folder / name / "toy.py")
    os.mkfifo(folder / name / "toy.ipynb")
