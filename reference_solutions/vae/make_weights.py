"""Makes every checkpoint of this folder: python reference_solutions/vae/make_weights.py. About 2 minutes on one core.

weights/vae.safetensors is what `python train.py --seed 0` writes on the images that ship; the others belong to mutants and an
alternate.
"""

from pathlib import Path

import torch
from calibrate import ASSIGNMENT, FULL, HERE, loaded, solution
from safetensors.torch import save_file

from autograder.data import SHIPPED, load

NO_KL = [{"old": 'return {"loss": rec + kl', "new": 'return {"loss": rec'}]


def main() -> None:
    torch.set_num_threads(1)
    images, train = load("fashion_mnist", SHIPPED / "fashion_mnist").images.float() / 255, loaded(ASSIGNMENT / "train.py").train
    for path, module, epochs, dtype in (
        ("weights/vae.safetensors", solution([]), FULL, torch.float32),
        ("trained_without_kl.safetensors", solution(NO_KL), FULL, torch.float16),  # half the bytes
        ("stopped_after_one_epoch.safetensors", solution([]), 1, torch.float16),
        ("alternates/conv.safetensors", loaded(HERE / "alternates" / "conv.py"), FULL, torch.float32),
    ):
        weights = train(module, images, epochs, seed=0).state_dict()
        save_file({name: value.to(dtype).contiguous() for name, value in weights.items()}, HERE / Path(path))
        print(f"saved {path}", flush=True)


if __name__ == "__main__":
    main()
