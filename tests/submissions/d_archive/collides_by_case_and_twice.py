"""TOY.PY beside toy.py twice under one name, a folder of the same name, reserved and endless names.

Attacks: D4
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import warnings
import zipfile


def build(folder, name, right, host):
    wrong = "def mean(numbers):\n    return 0.0\n\n\nspread = mean\n"
    with warnings.catch_warnings(), zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        warnings.simplefilter("ignore")
        for path in ("TOY.PY", "toy.py", "toy.py", "toy.py/toy.py", "CON", "NUL.py", "a" * 5000, "toy.py\u200b", "\u202eyp.yot"):
            archive.writestr(path, wrong if path == "toy.py" else right)
