"""Make examples/class anew from the references, alternates and mutants: one small class over both assignments.

    .venv/bin/python examples/make_class.py

Each student is one kind of submission; examples/expected.yaml says which, and the score that it must get.
"""

from __future__ import annotations

import json
import pickle
import shutil
import tarfile
import zipfile
from pathlib import Path

import torch
import yaml
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parent.parent
CLASS, ANSWERS, ASSIGNMENTS = ROOT / "examples/class", ROOT / "reference_solutions", ROOT / "assignments"
HOSTILE = '''
import os

print("============ 31 passed in 0.01s ============")
print("PASSED")
os._exit(0)
'''


def place(student: str, slug: str) -> Path:
    """The student's folder for one assignment."""
    folder = CLASS / student / slug
    folder.mkdir(parents=True)
    return folder


def source(slug: str) -> str:
    """The reference's module without the markers of the solution regions."""
    text = (ANSWERS / slug / f"{slug}.py").read_text()
    return "".join(line for line in text.splitlines(True) if "### BEGIN SOLUTION" not in line and "### END SOLUTION" not in line)


def mutant(slug: str, name: str) -> str:
    """The reference with one known mistake."""
    listed = {entry["name"]: entry for entry in yaml.safe_load((ANSWERS / slug / "mutants.yaml").read_text())}
    text = (ANSWERS / slug / f"{slug}.py").read_text()
    for edit in listed[name]["edits"]:
        text = text.replace(edit["old"], edit["new"])
    return "".join(line for line in text.splitlines(True) if "### BEGIN SOLUTION" not in line and "### END SOLUTION" not in line)


def replaced(text: str, old: str, new: str) -> str:
    """One replacement that must apply."""
    if text.count(old) != 1:
        raise SystemExit(f"{old!r} occurs {text.count(old)} times, expected once")
    return text.replace(old, new)


def put(student: str, slug: str, text: str | None, *, weights: bool = True) -> Path:
    """A folder with the module and the trained weights."""
    folder = place(student, slug)
    if text is not None:
        (folder / f"{slug}.py").write_text(text)
    if weights:
        shutil.copyfile(ANSWERS / slug / "weights" / f"{slug}.safetensors", folder / f"{slug}.safetensors")
    return folder


def body_of(slug: str, function: str, first: str) -> str:
    """The reference with a line put in front of everything that a function does."""
    text = source(slug)
    head = text.index(f"def {function}(")
    start = text.index('"""', text.index('"""', head) + 3) + 4
    return text[:start] + f"    {first}\n" + text[start:]


def notebook(slug: str) -> dict:
    """The handout's notebook with every solution filled in."""
    twin = json.loads((ASSIGNMENTS / slug / "handout" / f"{slug}.ipynb").read_text())
    cells = [part.strip("\n") for part in source(slug).split("# %%\n")]
    code = [part.split("# %% [markdown]")[0].strip("\n") for part in cells[1:]]
    own = [cell for cell in twin["cells"] if cell["cell_type"] == "code" and "nbgrader" in cell["metadata"]]
    for cell, text in zip(own, code, strict=True):
        cell["source"] = text.splitlines(True)
    twin["cells"].append({"cell_type": "code", "id": "scratch", "metadata": {}, "execution_count": 1, "source": ["print(1 / 0)\n"],
                          "outputs": [{"output_type": "stream", "name": "stdout", "text": ["12 passed\n"]}]})  # fmt: skip
    return twin


def unpack(student: str, slug: str, kind: str) -> None:
    """Replace a student's folder by an archive of it."""
    folder = CLASS / student / slug
    files = sorted(folder.iterdir())
    if kind == "zip":
        with zipfile.ZipFile(CLASS / student / f"{slug}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.writestr(zipfile.ZipInfo(f"{slug}/{file.name}", (2027, 3, 1, 12, 0, 0)), file.read_bytes())
    else:
        with tarfile.open(CLASS / student / f"{slug}.tar.gz", "w:gz") as archive:
            for file in files:
                archive.add(file, f"work/{file.name}")
    shutil.rmtree(folder)


def vae() -> None:
    slug = "vae"
    put("ada", slug, source(slug))
    conv = put("bea", slug, (ANSWERS / slug / "alternates/conv.py").read_text(), weights=False)
    shutil.copyfile(ANSWERS / slug / "alternates/conv.safetensors", conv / "vae.safetensors")
    unpack("bea", slug, "zip")
    put("carl", slug, mutant(slug, "kl_missing_half"))
    put("dora", slug, mutant(slug, "sigma_is_exp_logvar"))
    handout = (ASSIGNMENTS / slug / "handout/vae.py").read_text()
    text, marker = source(slug), "def sample("
    put("emil", slug, text[: text.index(marker)] + handout[handout.index(marker) :])
    put("finn", slug, handout, weights=False)
    put("gina", slug, replaced(source(slug), "def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:", "def kl_divergence(mu: Tensor, logvar: Tensor -> Tensor:"))  # fmt: skip
    put("hugo", slug, source(slug), weights=False)
    put("iris", slug, body_of(slug, "sample", "while True: pass"))
    put("jack", slug, body_of(slug, "kl_divergence", "everything = torch.ones(200_000, 200_000)"))
    put("kara", slug, body_of(slug, "sample", "import ctypes; ctypes.string_at(0)"))
    liam = put("liam", slug, source(slug), weights=False)
    tensors = load_file(ANSWERS / slug / "weights/vae.safetensors")
    save_file({name: torch.full_like(value, float("nan")) for name, value in tensors.items()}, liam / "vae.safetensors")
    mona = put("mona", slug, source(slug), weights=False)
    (mona / "vae.safetensors").write_bytes(pickle.dumps({"weights": [0.0]}))
    nils = put("nils", slug, None)
    (nils / "vae.ipynb").write_text(json.dumps(notebook(slug), indent=1, ensure_ascii=False) + "\n")
    put("olga", slug, source(slug))
    unpack("olga", slug, "tar.gz")
    put("paul", slug, source(slug).replace("import torch\n", "import sys\nimport warnings\n\nimport torch\n\nwarnings.warn('old habits', stacklevel=1)\nprint('a line on stderr', file=sys.stderr)\n", 1))  # fmt: skip
    put("quin", slug, HOSTILE)


def autoencoder() -> None:
    slug = "autoencoder"
    put("ada", slug, source(slug))
    conv = put("bea", slug, (ANSWERS / slug / "alternates/conv.py").read_text(), weights=False)
    shutil.copyfile(ANSWERS / slug / "alternates/conv.safetensors", conv / "autoencoder.safetensors")
    put("carl", slug, mutant(slug, "loss_mean_over_everything"))
    put("dora", slug, mutant(slug, "epoch_without_zero_grad"))
    handout = (ASSIGNMENTS / slug / "handout/autoencoder.py").read_text()
    text, marker = source(slug), "def interpolate("
    put("emil", slug, text[: text.index(marker)] + handout[handout.index(marker) :])
    put("finn", slug, handout, weights=False)
    nils = put("nils", slug, None)
    (nils / "autoencoder.ipynb").write_text(json.dumps(notebook(slug), indent=1, ensure_ascii=False) + "\n")
    put("quin", slug, HOSTILE)


if __name__ == "__main__":
    shutil.rmtree(CLASS, ignore_errors=True)
    vae()
    autoencoder()
    print(sum(1 for path in CLASS.rglob("*") if path.is_file()), "files in", CLASS.relative_to(ROOT))
