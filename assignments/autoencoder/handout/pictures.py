"""Pictures for the feedback, of the same training digits in every run."""

from __future__ import annotations

import torch

from autograder.compare import shaped
from autograder.pictures import grid, rows, scatter


def reconstructions(one_of_each, picture_reconstructions):
    """Above: ten digits. Below: what your autoencoder makes of their 16 numbers."""
    below = shaped(picture_reconstructions, (10, 1, 28, 28), call="reconstructions")
    return rows(one_of_each, below, columns=10)


def latent_space(picture_codes, map_labels):
    """The latent space: codes of 1000 digits on their two directions of largest variance, coloured by digit."""
    codes = shaped(picture_codes["codes"], (1000, None), call="codes of latent_table").double()
    numbers = shaped(picture_codes["numbers"], (1000,), dtype=torch.int64, call="labels of latent_table")
    centred = codes - codes.mean(0)  # (N, Z)
    _, _, axes = torch.linalg.svd(centred, full_matrices=False)  # (Z, Z), rows are principal directions
    points = torch.zeros(1000, 2).double()
    points[:, : min(2, len(axes))] = centred @ axes[:2].T  # (N, 2)
    return scatter(points, map_labels[numbers.clamp(0, 999)], [str(k) for k in range(10)])


def interpolations(picture_walks):
    """Twelve steps through the latent space: from 0 to 6, from 1 to 7, from 3 to 8, from 4 to 9."""
    return grid(shaped(picture_walks, (48, 1, 28, 28), call="interpolations"), columns=12)
