"""Assignments and autograding for a course on image generation: student code is observed inside a wall and judged outside."""

__version__ = "0.1.0"
