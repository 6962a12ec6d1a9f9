"""Makes every checkpoint of this folder: python reference_solutions/vae/make_weights.py. About 2 minutes on one core.

weights/vae.safetensors is what `python train.py --seed 0` writes on the images that ship; the others belong to mutants and an
alternate. Trained as in a calibration, by train.py's own command line.
"""

from pathlib import Path

import torch
from safetensors.torch import load, save_file

from autograder.assignment import load_assignment
from autograder.calibrate.measure import cache_folder
from autograder.calibrate.training import Trainer, Training
from autograder.course import find_course

HERE = Path(__file__).resolve().parent
SHIPPED = ("--data", "{shipped}/fashion_mnist")


def main() -> None:
    course = find_course(HERE)
    trainer = Trainer(load_assignment(course, "vae"), cache_folder(course.root), 3600)
    right, conv = (HERE / "vae.py").read_bytes(), (HERE / "alternates" / "conv.py").read_bytes()
    no_kl = right.replace(b'return {"loss": rec + kl', b'return {"loss": rec')
    for path, source, arguments, dtype in (
        ("weights/vae.safetensors", right, SHIPPED, torch.float32),
        ("trained_without_kl.safetensors", no_kl, SHIPPED, torch.float16),  # half the bytes
        ("stopped_after_one_epoch.safetensors", right, (*SHIPPED, "--epochs", "1"), torch.float16),
        ("alternates/conv.safetensors", conv, SHIPPED, torch.float32),
    ):
        weights = load(trainer.weights(Training(source, arguments, seed=0)))
        save_file({name: value.to(dtype).contiguous() for name, value in weights.items()}, HERE / path)
        print(f"saved {path}", flush=True)


if __name__ == "__main__":
    main()
