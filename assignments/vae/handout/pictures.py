"""Pictures for the feedback, of fixed images and fixed codes: a student's stands beside the reference's."""

from autograder.pictures import grid, rows


def reconstructions(gallery, gallery_images):
    """Above: a training image of each class. Below: its reconstruction, the decoded mean of q(z|x)"""
    return rows(gallery_images, gallery["reconstructions"], columns=10, scale=2)


def samples(gallery):
    """Decoded codes from the prior N(0, I): new clothes, if the codes of images lie where the prior does"""
    return grid(gallery["samples"], columns=10, scale=2)


def walk(gallery):
    """Five straight walks through code space, from one image's code (left) to another's (right)"""
    return grid(gallery["walk"], columns=10, scale=2)


def heldout_reconstructions(heldout_gallery, heldout_gallery_images):
    """Above: images that the model never saw. Below: their reconstructions"""
    return rows(heldout_gallery_images, heldout_gallery, columns=10, scale=2)
