"""Pictures for the feedback, of fixed edges: a student's stands beside the reference's."""

from autograder.pictures import rows


def photos(gallery, gallery_edges, gallery_images):
    """Edges; what your generator paints for them; the true photos, which it was trained on"""
    return rows((gallery_edges + 1) / 2, gallery, gallery_images, columns=20, scale=2)


def heldout_photos(heldout_gallery, heldout_gallery_edges, heldout_images):
    """Edges of photos that nobody trained on; what your generator paints for them; the true photos"""
    return rows((heldout_gallery_edges + 1) / 2, heldout_gallery, heldout_images[:20], columns=20, scale=2)
