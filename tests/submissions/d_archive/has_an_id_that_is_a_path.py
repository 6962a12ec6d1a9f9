"""Entries of the class whose names are dots, spaces, newlines, markup or endless.

Attacks: D6, D7
Ends: refused
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)


def build(folder, name, right, host):
    names = (
        "x y",
        "a\nb",
        "<script>alert(1)</script>"[:7],
        "a" * 200,
        "..zip",
        "...",
        "~root",
        "$(id)",
        "-rf .",
        "..%2f..",
        "\x1b[31mred",
        "=1+1",
    )
    for each in names:
        (folder / each).mkdir()
        (folder / each / "toy.py").write_text(right)
    return ["x_y", "a_b", "_script", "a" * 64, "_root", "__id_", "-rf__", "__31mred", "_1_1"]
