"""All benchmarks in one run (`make bench`): prints them and writes docs/benchmarks.md."""

from __future__ import annotations

from pathlib import Path

import frechet
import walls
from show import machine, table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Made by `make bench`; every figure of this page comes from one run on the machine named here.
"""


def roots() -> str:
    """Seconds and differences by size and way."""
    rows = [[str(row.size), row.way, f"{row.seconds:.4f} s", f"{row.difference:.1e}"] for row in frechet.main()]
    return table(["dimensions", "way", "time", "relative difference to SciPy"], rows)


def main() -> None:
    """Each part is printed as soon as it is there."""
    parts = [HEAD, machine()]
    for title, make in (("The wall", walls.tables), ("The trace of a square root, for FID", roots)):
        parts += [f"## {title}", make()]
        print(parts[-2], parts[-1], sep="\n\n", end="\n\n", flush=True)
    PAGE.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
