"""The command line. Exit codes: 0 done, 1 a proof or the caller's own check failed, 2 bad input, 3 something is ungraded.

stdout is for data and tables, stderr for progress and errors. Heavy imports happen inside the commands: --help is instant.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from autograder import __version__
from autograder.errors import AutograderError, CourseError, SandboxUnavailable
from autograder.progress import account, bar, busy, plain
from autograder.walls import Backend, wall_of

if TYPE_CHECKING:
    from autograder.assignment import Assignment
    from autograder.course import Course
    from autograder.grade import Prepared

DONE, FAILED, BAD_INPUT, UNGRADED = 0, 1, 2, 3

app = typer.Typer(
    name="autograder", no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False,
    help="Hand out, check and grade assignments on image generation. Student code runs behind a wall; the answers stay outside.",
    epilog="Start with [bold]autograder doctor[/]: it says what this machine can do.",
)  # fmt: skip

CourseOption = Annotated[Path | None, typer.Option("--course", help="The course's folder; default: found from here upward.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else.")]


WallOption = Annotated[
    Backend,
    typer.Option(
        help="The wall around the code; warm: started from a process that has imported torch, bubblewrap where it fails."
    ),
]


def main() -> None:
    """Run the command line; errors of ours are messages, never tracebacks."""
    try:
        app()
    except AutograderError as error:
        talk = Console(stderr=True, highlight=False)
        talk.print(f"[bold red]error[/]: {plain(error.message)}", soft_wrap=True)
        if error.hint:
            talk.print(f"\n[bold]hint[/]: {plain(error.hint)}", soft_wrap=True)
        sys.exit(UNGRADED if isinstance(error, SandboxUnavailable) else BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit(DONE)


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="Folder of the handout, or a file in it.")] = Path(),
    as_json: JsonOption = False,
    seed: Annotated[str, typer.Option(help="Repeat the inputs of an earlier check: its seed, hexadecimal.")] = "",
) -> None:
    """Judge your own work by the visible checks: TODO by TODO what holds, what was expected, what came.

    Needs no GPU and no network. Runs your code directly on this machine, so use it on your own work only. Writes pictures of what
    your model makes, and a page with everything, into the folder `check` beside your files.
    """
    from autograder.reports.terminal import check_table
    from autograder.student import check_own, find_handout

    assignment = find_handout(path)
    if seed and not _is_seed(seed):
        raise CourseError(f"--seed {seed}: expected 64 hexadecimal digits", hint="leave it out for fresh inputs")
    with busy("checking", quiet=as_json):
        checked = check_own(path, assignment, seed=seed)
    score = checked.score
    if as_json:
        _print_json(score.as_json())
    else:
        console = Console()
        console.print(check_table(score.checks, checked.view.tasks))
        for problem in score.attention:
            console.print(f"[yellow]note[/]: {plain(problem)}", soft_wrap=True)
        console.print(f"visible checks: [bold]{score.score}[/] of {score.max_score} points. {_hidden_note(assignment.folder)}")
        console.print(f"pictures and page: {', '.join(os.path.relpath(file) for file in checked.written)}", soft_wrap=True)
    raise typer.Exit(DONE if score.score == score.max_score else FAILED)


@app.command()
def grade(
    submissions: Annotated[Path, typer.Argument(help="One folder, archive, .py or .ipynb per student; or one submission.")],
    assignment: Annotated[str, typer.Option(help="Slug of the assignment.")],
    out: Annotated[Path, typer.Option(help="Folder for results, feedback and observations.")],
    jobs: Annotated[int, typer.Option(help="Submissions at the same time; default: one for each core.", min=0)] = 0,
    sandbox: Annotated[
        Backend,
        typer.Option(help="The wall around student code; warm: the same, started from a process that has imported torch."),
    ] = Backend.bubblewrap,
    gpu: Annotated[int | None, typer.Option(help="Number of the GPU that guests get; docker and podman only.", min=0)] = None,
    accept_degraded: Annotated[
        list[str] | None,
        typer.Option(help="Grade behind a wall that is weaker in this property: W6 or W10; see docs/wall.md."),
    ] = None,
    course: CourseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Grade a class. Writes results.json, grades.csv, index.html and a folder with feedback for each student.

    Exit code 3 when something could not be graded through no fault of the student's: it is listed with the reason.
    """
    from autograder.grade import grade as grade_class
    from autograder.observe import Run
    from autograder.record import Record
    from autograder.reports.terminal import class_table
    from autograder.sandbox.degraded import at_once, demand
    from autograder.score import Score

    prepared = _prepared(course, assignment)
    wall = wall_of(sandbox, gpu)
    proof = wall.prove()
    demand(proof, [*prepared.course.term.accept_degraded, *(accept_degraded or [])])
    record = Record(out, prepared.course, prepared.assignment, prepared.rubric)
    record.open()
    try:
        with bar(f"grading {assignment}", quiet=as_json) as (start, advance):

            def keep(score: Score, run: Run | None) -> Score:
                kept = record.add(score, run)
                advance(f"{kept.student}: {'ungraded' if kept.score is None else f'{kept.score}/{kept.max_score}'}")
                return kept

            scores = grade_class(
                submissions, prepared, wall, keep, jobs=jobs or at_once(proof, os.cpu_count() or 1), on_start=start
            )
    finally:
        record.close()
    if as_json:
        _print_json([score.as_json() for score in scores])
    else:
        console = Console()
        console.print(class_table(scores))
        console.print(f"class page: {out / 'index.html'}", soft_wrap=True)
    raise typer.Exit(UNGRADED if any(not score.graded for score in scores) else DONE)


@app.command()
def rescore(
    folder: Annotated[Path, typer.Argument(help="A folder that `grade --out` wrote.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would move.")] = False,
    course: CourseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge stored observations again with the checks as they are now. Runs no student code and needs no GPU."""
    from autograder.record import Record
    from autograder.reports.terminal import moved_table
    from autograder.rescore import former_results, slug_of
    from autograder.rescore import rescore as judge_again

    former = former_results(folder)
    prepared = _prepared(course, slug_of(former, folder))
    with busy("judging again", quiet=as_json):
        outcome = judge_again(folder, former, prepared)
    if as_json:
        keys = ("student", "before", "after", "check", "reason")
        _print_json({"moved": [{key: getattr(row, key) for key in keys} for row in outcome.moved]})
    elif outcome.moved:
        Console().print(moved_table(outcome.moved))
    else:
        print(f"nothing moved: {len(outcome.scores)} results are as they were")
    if outcome.moved and not dry_run:
        record = Record(folder, prepared.course, prepared.assignment, prepared.rubric)
        record.open()
        for score, run in outcome.scores:
            record.add(score, run, keep_observations=False)
        record.close()
    raise typer.Exit(UNGRADED if any(not score.graded for score, _ in outcome.scores) else DONE)


@app.command()
def verify(
    slugs: Annotated[list[str] | None, typer.Argument(help="Assignments; default: all of the course.")] = None,
    seeds: Annotated[int, typer.Option(help="Runs of the reference with fresh inputs.", min=2)] = 20,
    jobs: Annotated[
        int, typer.Option(help="Submissions at the same time, of all assignments; default: one per core.", min=0)
    ] = 0,
    table: Annotated[
        Path | None, typer.Option(help="Folder for the table of mutants and checks: SLUG.html and .json, index.html.")
    ] = None,
    sandbox: WallOption = Backend.warm,
    course: CourseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove assignments: full marks for the reference and every other right answer, 0 for the starter, wrong answers caught.

    Counts the judgements that the reference lost over all seeds, with an upper limit on their rate: `--seeds 1000` takes minutes.
    """
    from autograder.course import find_course, ordered
    from autograder.verify.course import prove_all
    from autograder.verify.show import proof_lines
    from autograder.verify.table import write_tables

    prepared = [_prepared(course, slug) for slug in ordered(find_course(course), slugs or [])]
    with account("verifying", quiet=as_json) as progress:
        reports = prove_all(prepared, wall_of(sandbox), seeds=seeds, jobs=jobs or os.cpu_count() or 1, progress=progress)
    written = write_tables(reports, table) if table is not None else []
    if as_json:
        _print_json({"assignments": [report.as_json() for report in reports]})
    else:
        for report in reports:
            Console().print(*proof_lines(report), sep="\n", soft_wrap=True)
        for path in written:
            print(f"written: {os.path.relpath(path)}")
    raise typer.Exit(DONE if all(report.ok for report in reports) else FAILED)


@app.command()
def calibrate(
    slug: Annotated[str, typer.Argument(help="Slug of the assignment.")],
    runs: Annotated[int, typer.Option(help="Runs of the reference; default: calibration.yaml's.", min=0)] = 0,
    power: Annotated[int, typer.Option(help="Runs of each mutant and alternate; default: calibration.yaml's.", min=0)] = 0,
    jobs: Annotated[int, typer.Option(help="Trainings at the same time, a core each; default: one for each core.", min=0)] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Measure and print; write nothing.")] = False,
    sandbox: WallOption = Backend.warm,
    course: CourseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the thresholds of an assignment's statistical checks; write calibration.json and pictures of the distributions.

    Trains the reference many times, other right answers and known mistakes a few times, as calibration.yaml beside the reference
    says, and judges each with a seed of its own. Trained weights are kept in .autograder/calibrate: interrupt it and go on later.
    """
    from autograder.calibrate import run as calibration
    from autograder.calibrate.picture import picture
    from autograder.calibrate.show import CHECKS, budget, calibration_lines
    from autograder.calibrate.spec import LEAST_RUNS

    if 0 < runs < LEAST_RUNS and not dry_run:
        hint = "--dry-run measures fewer and writes nothing"
        raise CourseError(f"--runs {runs}: expected at least {LEAST_RUNS} for a record", hint=hint)
    plan = calibration.plan(*_loaded(course, slug), runs=runs, power=power)
    command = " ".join(
        ["autograder calibrate", slug, *(["--runs", str(runs)] if runs else []), *(["--power", str(power)] if power else [])]
    )
    with bar(f"calibrating {slug}", quiet=as_json) as (start, advance):
        start(len(plan.cases))
        if not as_json:
            print(
                f"{slug}: {calibration.counted(plan)}; {plan.to_train} to train, the rest is cached", file=sys.stderr, flush=True
            )
        found = calibration.calibrate(plan, wall_of(sandbox), jobs=jobs or os.cpu_count() or 1, command=command, step=advance)
    written = [] if dry_run else calibration.write(found, plan.assignment, picture)
    if as_json:
        rate = max(entry["false_fail_bound"] for entry in found.record["checks"].values())
        rest = {"budget": budget(rate, CHECKS), "remarks": found.settled.remarks, "problems": found.settled.problems}
        _print_json({"slug": slug, "written": [os.path.relpath(path) for path in written], "record": found.record, **rest})
    else:
        Console(highlight=False).print(*calibration_lines(found), sep="\n", soft_wrap=True)
        for path in written:
            print(f"written: {os.path.relpath(path)}")
    raise typer.Exit(FAILED if found.settled.problems else DONE)


@app.command()
def release(
    slug: Annotated[str, typer.Argument(help="Slug of the assignment.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the handout; default: assignments/SLUG/handout.")] = None,
    keep_pictures: Annotated[bool, typer.Option("--keep-pictures", help="Take the reference's pictures as they are.")] = False,
    course: CourseOption = None,
) -> None:
    """Make the handout from the reference: module and notebook with TODOs, statement, visible checks, pictures."""
    from autograder.handout import make_handout

    prepared = _prepared(course, slug)
    own = prepared.assignment.folder / "handout"
    with busy(f"releasing {slug}"):
        written = make_handout(
            prepared, out or own, sandbox=None if keep_pictures else wall_of(Backend.warm), pictures_from=own / "pictures"
        )
    for path in written:
        print(os.path.relpath(path))


@app.command()
def new(
    slug: Annotated[str, typer.Argument(help="Slug of the new assignment: small letters, digits and _.")],
    course: CourseOption = None,
) -> None:
    """Make a skeleton of an assignment and its twin, small enough to read in a minute, that `verify` accepts as it stands."""
    from autograder.course import find_course
    from autograder.scaffold import create

    root = find_course(course).root
    for path in create(slug, root):
        print(os.path.relpath(path))
    print(f"\nnext: add `- slug: {slug}` to a chapter of course.yaml, then run `autograder release {slug}`")


@app.command()
def doctor(
    course: CourseOption = None,
    data: Annotated[Path | None, typer.Option(help="A folder with data sets of your own.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what this machine can do: sandbox, data sets, GPU; and how to mend what is missing."""
    from autograder.doctor import examine

    findings = examine(course, data)
    if as_json:
        keys = ("what", "ok", "found", "hint", "needed")
        _print_json([{key: getattr(finding, key) for key in keys} for finding in findings])
    else:
        console = Console(highlight=False)
        for finding in findings:
            mark = "[green]ok[/]     " if finding.ok else "[red]missing[/]" if finding.needed else "[yellow]absent[/] "
            console.print(f"{mark} [bold]{finding.what}[/]: {plain(finding.found)}", soft_wrap=True)
            if finding.hint:
                console.print(f"        hint: {plain(finding.hint)}", soft_wrap=True)
    raise typer.Exit(DONE if all(finding.ok or not finding.needed for finding in findings) else FAILED)


def _prepared(start: Path | None, slug: str) -> Prepared:
    from autograder.grade import prepare

    return prepare(*_loaded(start, slug))


def _loaded(start: Path | None, slug: str) -> tuple[Course, Assignment]:
    from autograder.assignment import load_assignment
    from autograder.course import find_course

    course = find_course(start)
    return course, load_assignment(course, slug)


def _hidden_note(folder: Path) -> str:
    """How much of the grade these checks do not show."""
    try:
        hidden = json.loads((folder / "rubric.json").read_text(encoding="utf-8"))["total"]["hidden"]
        return f"The grade has {hidden['checks']} more checks ({hidden['points']} points) that are not shown."
    except (OSError, ValueError, KeyError, TypeError):
        return "The grade has further checks that are not shown."


def _is_seed(text: str) -> bool:
    return len(text) == 64 and all(character in "0123456789abcdef" for character in text)


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))
