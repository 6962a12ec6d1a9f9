"""Metrics of generated images, computed outside the wall: images -> features -> statistics -> distance, each link on its own.

Every number has a named preprocessing, a trusted encoder with a digest, float64 statistics and a stated sample size.
"""
