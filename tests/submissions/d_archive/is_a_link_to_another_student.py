"""The submission itself is a link to the honest student's folder.

Attacks: D2, B6
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)


def build(folder, name, right, host):
    (folder / name).symlink_to("honest")
