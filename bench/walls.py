"""What a wall adds to grading one submission, cold and warm, and where the time of a grading goes.

    python bench/walls.py [--runs 15]

The same right submission to the torch-free toy assignment each time, so that the student's own compute is next to nothing. A
guest without a wall is the yardstick: its start is what torch costs anywhere. Medians, with the smallest and largest run.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from show import machine, median_of, table

from autograder.assignment import load_assignment
from autograder.course import find_course
from autograder.draw import run_seed
from autograder.grade import Prepared, judged, prepare
from autograder.observe import observe
from autograder.record import Record
from autograder.sandbox.bubblewrap import Bubblewrap
from autograder.sandbox.contract import Sandbox
from autograder.sandbox.none import NoSandbox
from autograder.sandbox.warm import Warm
from autograder.score import scored
from autograder.submission import Found, read_submission

TOY = Path(__file__).resolve().parents[1] / "tests" / "course"
STAGES = ("submission", "start of the guest", "observe", "judge", "record and report")


class Clock:
    """Seconds by stage, one entry for each run."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        start = time.perf_counter()
        yield
        self.seconds[name].append(time.perf_counter() - start)


class Timed:
    """A wall whose starts are timed apart from what the guest is asked."""

    def __init__(self, wall: Sandbox, clock: Clock) -> None:
        self._wall, self._clock, self.name = wall, clock, wall.name
        self.prove = wall.prove

    def start(self, stage, policy):  # type: ignore[no-untyped-def]
        """The wall's own start."""
        with self._clock.stage("start of the guest"):
            return self._wall.start(stage, policy)


def tables(runs: int = 15) -> str:
    """The report, of a course in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        root = Path(shutil.copytree(TOY, Path(folder, "course"), ignore=shutil.ignore_patterns(".autograder")))
        course = find_course(root)
        return report(prepare(course, load_assignment(course, "toy")), Path(folder), runs)


def report(prepared: Prepared, folder: Path, runs: int) -> str:
    """Two tables in Markdown."""
    warm, walls = Warm(), {}
    kinds: dict[str, Sandbox] = {"none (the yardstick)": NoSandbox(), "bubblewrap, cold": Bubblewrap(), "warm": warm}
    for name, wall in kinds.items():
        if not wall.prove().holds and wall.name != "none":
            raise SystemExit(f"{name}: {wall.prove()}")
        walls[name] = graded(prepared, wall, folder / wall.name, runs)
    warm.end()
    bare = median_of(walls["none (the yardstick)"].seconds["start of the guest"])
    rows = []
    for name, clock in walls.items():
        start = clock.seconds["start of the guest"]
        added = median_of(start) - bare
        rows.append([name, spread(start), "-" if name.startswith("none") else f"{1000 * added:+.0f} ms"])
    head = table(["wall", "until the guest is up: median (least to most)", "added to a guest without a wall"], rows)
    shares = [[stage, *(spread(clock.seconds[stage]) for clock in walls.values())] for stage in STAGES]
    totals = ["all", *(spread([sum(parts) for parts in zip(*clock.seconds.values(), strict=True)]) for clock in walls.values())]
    return f"{head}\n\n{table(['stage of one submission', *walls], [*shares, totals])}"


def spread(seconds: list[float]) -> str:
    """Median and range, in milliseconds."""
    return f"{1000 * median_of(seconds):.0f} ms ({1000 * min(seconds):.0f} to {1000 * max(seconds):.0f})"


def graded(prepared: Prepared, wall: Sandbox, out: Path, runs: int) -> Clock:
    """The same submission, graded this many times; the first, which warms caches, is not counted."""
    clock = Clock()
    source = prepared.assignment.reference
    assert source is not None
    _once(prepared, wall, out / "first", source, Clock())
    for number in range(runs):
        _once(prepared, wall, out / str(number), source, clock)
    return clock


def _once(prepared: Prepared, wall: Sandbox, out: Path, source: Path, clock: Clock) -> None:
    assignment = prepared.assignment
    with clock.stage("submission"):
        submission = read_submission(Found("ada", source), assignment)
        seed = run_seed(prepared.course.secret(), submission.digest, assignment.version)
    begun = time.perf_counter()
    run = observe(submission, assignment, Timed(wall, clock), seed, prepared.names)
    clock.seconds["observe"].append(time.perf_counter() - begun - clock.seconds["start of the guest"][-1])
    with clock.stage("judge"):
        (verdict,) = judged([run], prepared)
    with clock.stage("record and report"):
        record = Record(out, prepared.course, assignment, prepared.rubric)
        out.parent.mkdir(parents=True, exist_ok=True)
        record.open()
        score = record.add(scored(run, verdict, prepared.rubric), run)
        record.close()
    assert score.score == score.max_score, score


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    print(machine(), tables(options.runs), sep="\n\n")
