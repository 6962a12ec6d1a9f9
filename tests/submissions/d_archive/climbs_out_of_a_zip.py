"""Names of a zip lead out by dots, backslashes, drive letters and from the root.

Attacks: D1
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import zipfile


def build(folder, name, right, host):
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        for path in (
            "../toy.py",
            "../../toy.py",
            "a/../../toy.py",
            "..\\toy.py",
            "C:\\toy.py",
            "C:toy.py",
            "//toy.py",
            f"{host}/toy.py",
        ):
            archive.writestr(path, right)
        archive.writestr("x/../toy.py", right)
