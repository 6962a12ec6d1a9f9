"""A source file of 1.9 MB on a single line, and one with bytes of no encoding.

Attacks: C11
Earns: 100
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)


def build(folder, name, right, host):
    (folder / name).mkdir()
    (folder / name / "toy.py").write_text("x = [" + "1," * 950000 + "]\n")
    (folder / f"{name}-nul").mkdir()
    (folder / f"{name}-nul" / "toy.py").write_bytes(right.encode() + b"\0\xff\xfe\n")
    (folder / f"{name}-codec").mkdir()
    (folder / f"{name}-codec" / "toy.py").write_bytes(b"# coding: unicode_escape\n" + right.encode() + b"# \\ud800\n")
    return [name, f"{name}-nul", f"{name}-codec"]
