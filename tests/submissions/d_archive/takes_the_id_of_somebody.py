"""An entry whose name becomes another student's when letters are made small (the Kelvin sign).

Attacks: D4, D6
Ends: refused
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)


def build(folder, name, right, host):
    (folder / "kay-twin").mkdir()
    (folder / "kay-twin" / "toy.py").write_text(right)
    (folder / "\u212aay-twin").mkdir()
    (folder / "\u212aay-twin" / "toy.py").write_text("spread = mean = lambda numbers: 0.0\n")
    return ["_ay-twin"]
