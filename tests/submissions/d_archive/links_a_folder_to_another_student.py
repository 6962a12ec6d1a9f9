"""The folder holds a link toy.py and a link toy, both to the honest student's work.

Attacks: D2, B6
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)


def build(folder, name, right, host):
    (folder / name).mkdir()
    (folder / name / "toy.py").symlink_to("../honest/toy.py")
    (folder / name / "toy").symlink_to("../honest")
