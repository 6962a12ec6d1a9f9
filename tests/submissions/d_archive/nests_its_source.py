"""A source file of 100,000 nested parentheses.

Attacks: C11
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)


def build(folder, name, right, host):
    (folder / name).mkdir()
    (folder / name / "toy.py").write_text("x = " + "(" * 100000 + ")" * 100000 + "\n")
    (folder / f"{name}-2").mkdir()
    (folder / f"{name}-2" / "toy.py").write_text("x = " + "-" * 500000 + "1\n" + right)
    return [name, f"{name}-2"]
