"""Hands in only a file whose name, without its ending, is the assignment's: a program cannot read it, and may pass over it.

Attacks: D6, C12
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)


def build(folder, name, right, host):
    names = []
    for number, file in enumerate(("toy.rar", "toy.txt", "toy.7z", "toy")):
        names.append(f"{name}-{number}")
        (folder / names[-1]).mkdir()
        (folder / names[-1] / file).write_text(right)
    return names
