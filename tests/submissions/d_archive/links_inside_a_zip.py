"""A zip holds links, by mode bits, to another student's file and to the reference.

Attacks: D2, B6
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import stat
import zipfile


def build(folder, name, right, host):
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        for path, target in (("toy.py", "../honest/toy.py"), ("a/toy.ipynb", f"{host}/secret")):
            info = zipfile.ZipInfo(path)
            info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, target)
