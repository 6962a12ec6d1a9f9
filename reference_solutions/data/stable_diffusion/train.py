"""Train the small Stable Diffusion that ships, stage by stage, on the embedded images alone.

    python reference_solutions/data/stable_diffusion/train.py autoencoder
    python reference_solutions/data/stable_diffusion/train.py diffusion
    python reference_solutions/data/stable_diffusion/train.py export       # writes the folder that ships, and its card

Each stage saves as it goes, in .autograder/stable_diffusion, and goes on from there when it is started again. Another machine
gives other last digits, hence other weights and digests: everything measured with the old ones is then out of date.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from importlib import import_module

import torch

STAGES = ("autoencoder", "diffusion", "export")


def main() -> None:
    """One stage, with the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--steps", type=int, help="default: as planned")
    options = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    stage = import_module(options.stage)
    if options.stage == "export":
        stage.export()
    else:
        stage.train(replace(stage.PLAN, steps=options.steps) if options.steps else stage.PLAN)


if __name__ == "__main__":
    main()
