"""Pictures for the feedback, of fixed noise: a student's stands beside the reference's."""

from autograder.pictures import grid


def samples(gallery):
    """Images of your generator for forty fixed z"""
    return grid(gallery["samples"], columns=10, scale=2)


def walk(gallery):
    """Five straight walks through z, from one image (left) to another (right); a good generator changes it step by step"""
    return grid(gallery["walk"], columns=10, scale=2)
