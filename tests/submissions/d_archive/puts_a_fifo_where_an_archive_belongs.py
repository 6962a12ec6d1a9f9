"""A FIFO is called toy.zip: whoever opens it waits for a writer for ever.

Attacks: D2, C9, C12
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import os


def build(folder, name, right, host):
    (folder / name).mkdir()
    os.mkfifo(folder / name / "toy.zip")
