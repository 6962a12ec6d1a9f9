"""Places and texts that several tests share."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOY = Path(__file__).parent / "course"
RIGHT = (TOY / "reference_solutions/toy/toy.py").read_text()
