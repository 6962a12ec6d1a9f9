"""Twenty folders deep, links that lead back up, and six thousand files beside them.

Attacks: D3, D2
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)


def build(folder, name, right, host):
    place = folder / name
    for _ in range(20):
        place = place / "d"
    place.mkdir(parents=True)
    (place / "toy.py").write_text(right)
    (folder / name / "up").symlink_to("..")
    (folder / name / "many").mkdir()
    for number in range(6000):
        (folder / name / "many" / str(number)).touch()
