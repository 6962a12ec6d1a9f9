"""The red team: every attack of `tests/submissions` as one class, graded through the command line behind each wall that holds here.

    python tests/redteam.py [--walls bubblewrap,warm,podman,docker] [--only PART] [--table FILE] [--json FILE] [--no-lab]

As root it runs in a laboratory: namespaces of its own for mounts and processes, `/` read-only, scratch on a tmpfs, so that an
attack which got out would still change nothing. Exit status 1 when an attack did what it is for.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from redteam_class import RIGHT, ROOT, TWINS, WRONG, Attack, Ground, attacks, beside, lay_ground, write_submission
from redteam_host import READ_MIB, READ_SECONDS, calls, compared, left_in, listen, read_archives, snapshot
from redteam_judge import judge, problems
from redteam_table import fell, table

WALLS = ("bubblewrap", "warm", "podman", "docker")
GRADE_SECONDS = 1800


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(base: Path, part: str, walls: list[str]) -> dict:
    """Everything: gives what came of each attack behind each wall, and what holds for the class as a whole."""
    started = time.monotonic()
    wanted = attacks(part)
    listeners, tokens = listen(base)
    ground = lay_ground(base, wanted, tokens)
    say("reading the archives alone ...")
    reading = read_archives(wanted, ground)
    found = [
        {"group": a.group, "deed": a.deed, "story": a.story, "rows": a.rows, "naive": "", "reading": reading.get(a.deed, []), "walls": {}}
        for a in wanted
    ]  # fmt: skip
    said = [behind(name, ground, wanted, found, listeners) for name in walls]
    say("the naive grader ...")
    control = naive(base / "naive", wanted, found)
    return {
        "machine": machine(), "seconds": round(time.monotonic() - started), "laboratory": in_lab(), "walls": said,
        "limits": {"seconds": READ_SECONDS, "mib": READ_MIB}, "control": control, "attacks": found,
    }  # fmt: skip


def behind(name: str, ground: Ground, wanted: list[Attack], found: list[dict], listeners: dict) -> dict:
    """The class behind one wall: adds each attack's outcome, gives what holds for all of it."""
    place = ground.base / name
    (place / "tmp").mkdir(parents=True)
    path = stand_in(place) if name == "podman" else None
    proof = proof_of(name, path)
    wall = {"name": name, "proof": str(proof), "skipped": "" if proof.holds else str(proof), "seconds": 0, "class": []}
    if wall["skipped"]:
        say(f"{name}: NOT RUN: {proof}")
        return wall
    before, started = snapshot(ground.host), time.monotonic()
    say(f"{name}: grading {len(list(ground.folder.iterdir()))} submissions ...")
    done = grade(name, ground, place, path)
    wall["seconds"] = round(time.monotonic() - started)
    say(done.stderr[-500:])
    wall["class"] = compared(before, snapshot(ground.host)) + calls(listeners) + left_in(place / "tmp")
    wall["class"] += whole(name, ground, place / "out", done)
    results = results_in(place / "out", done)
    for attack, entry in zip(wanted, found, strict=True):
        # What the reader of archives did not survive was kept from the class.
        entry["walls"][name] = asdict(judge(attack, ground, results, place / "out")) if not entry["reading"] else EMPTY
    return wall


EMPTY = {"score": None, "told": "", "fell": []}


def whole(name: str, ground: Ground, out: Path, done: subprocess.CompletedProcess[str]) -> list[str]:
    """What holds for the class: everyone graded behind this wall, twins as they must be, nothing secret in what is written."""
    results = results_in(out, done)
    if not results:
        return [f"the grading ended with status {done.returncode}: {done.stderr[-500:]}"]
    wrong = sorted(
        {
            f"graded behind another wall: {r['wall']}"
            for r in results.values()
            if r["wall"] and not r["wall"].startswith(f"{name} ")
        }
    )
    for student, points in TWINS.items():
        got = results.get(student, {})
        if (ground.folder / student).exists() and got.get("score") != points:
            wrong.append(f"{student} should have {points} points, has {got.get('score')}: {got.get('reason', '')}{failures(got)}")
    texts = {"stdout": done.stdout, "stderr": done.stderr}
    texts |= {file: (out / file).read_text() for file in ("index.html", "grades.csv", "results.json")}
    wrong += [f"{file}: {problem}" for file, text in texts.items() for problem in problems(file, text, ground.canary, {})]
    return wrong + again(ground, out)


def failures(result: dict) -> str:
    return "; ".join(f"{line['id']}: {line['message']}" for line in result.get("checks", []) if line["status"] != "passed")


def again(ground: Ground, out: Path) -> list[str]:
    """Hostile values, stored and judged once more, give the same."""
    done = autograder(["rescore", str(out), "--dry-run", "--json"], ground.course, {}, 600)
    if done.returncode not in (0, 3):
        return [f"judging again ended with status {done.returncode}: {done.stderr[-300:]}"]
    return [f"judging again moved {row['student']}: {row['reason']}" for row in json.loads(done.stdout)["moved"]]


def results_in(out: Path, done: subprocess.CompletedProcess[str]) -> dict[str, dict]:
    """Student -> result."""
    if done.returncode not in (0, 3) or not (out / "results.json").exists():
        return {}
    return {result["student"]: result for result in json.loads((out / "results.json").read_text())}


def grade(name: str, ground: Ground, place: Path, path: Path | None) -> subprocess.CompletedProcess[str]:
    """The class through the command line, as an instructor starts it."""
    arguments = [
        "grade",
        str(ground.folder),
        "--assignment",
        "toy",
        "--out",
        str(place / "out"),
        "--jobs",
        "2",
        "--sandbox",
        name,
    ]
    variables = {"TMPDIR": str(place / "tmp"), "GRADER_TOKEN": ground.canary["variable"], "PATH": path_of(path)}
    return autograder(arguments, ground.course, variables, GRADE_SECONDS)


def autograder(arguments: list[str], course: Path, variables: dict[str, str], seconds: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", "-m", "autograder", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "160", "PYTHONDONTWRITEBYTECODE": "1", **variables}
    try:
        return subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        return subprocess.CompletedProcess(command, 124, "", f"it did not end: {error}")


def proof_of(name: str, path: Path | None):
    """What the wall's own self-test finds here."""
    from autograder.sandbox.bubblewrap import Bubblewrap
    from autograder.sandbox.containers import Docker, Podman
    from autograder.sandbox.warm import Warm

    wall = {"bubblewrap": Bubblewrap, "warm": Warm, "podman": Podman, "docker": Docker}[name]()
    before = os.environ["PATH"]
    os.environ["PATH"] = path_of(path)
    try:
        return wall.prove()
    finally:
        os.environ["PATH"] = before
        getattr(wall, "end", lambda: None)()  # the warm server
        getattr(wall, "sweep", lambda: None)()


def stand_in(place: Path) -> Path | None:
    """Podman on a folder where it cannot have its image; mounts are made in a laboratory only."""
    from redteam_engine import podman_stand_in

    found = shutil.which("podman")
    if found is None or not in_lab() or subprocess.run([found, "image", "exists", "autograder-guest"]).returncode == 0:
        return None
    return podman_stand_in(place / "engine")


def path_of(folder: Path | None) -> str:
    return f"{folder}{os.pathsep}{os.environ['PATH']}" if folder else os.environ["PATH"]


def naive(folder: Path, wanted: list[Attack], found: list[dict]) -> dict:
    """The forging attacks, and the twins, before the naive grader; a control that did not finish is named, with its cause."""
    from redteam_naive import Unfinished, forged

    started, twins, trouble = time.monotonic(), {}, []
    folder.mkdir()
    for twin, text in (("honest", RIGHT), ("honest-wrong", WRONG)):
        write_submission(folder / twin, text)
        twins[twin] = sorted(forged(folder / twin))
    for attack, entry in zip(wanted, found, strict=True):
        if attack.naive:
            write_submission(folder / attack.deed, attack.path.read_text())
            for name, text in beside(attack.path).items():
                (folder / attack.deed / name).write_text(text)
            try:
                entry["naive"] = ", ".join(sorted(forged(folder / attack.deed)))
            except Unfinished as error:
                trouble.append(str(error))
    return {"twins": twins, "trouble": trouble, "seconds": round(time.monotonic() - started)}


def machine() -> str:
    said = [
        subprocess.run([name, "--version"], capture_output=True, text=True).stdout.strip()
        for name in ("bwrap",)
        if shutil.which(name)
    ]
    who = "root" if os.geteuid() == 0 else "an ordinary user"
    return ", ".join(
        [
            f"{os.cpu_count()}-core Linux {platform.release()} on {platform.machine()}",
            *said,
            f"Python {platform.python_version()}",
            who,
        ]
    )


# --- the laboratory, the command line --------------------------------------------------------------------------------------


LAB = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private")
PREPARE = """
set -e
mkdir -p /run/autograder-uids
mount -t tmpfs -o size=4g,mode=0755 tmpfs "$REDTEAM_BASE"
mkdir "$REDTEAM_BASE/.uids"
mount --bind /run/autograder-uids "$REDTEAM_BASE/.uids"
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir /run/autograder-uids
mount --move "$REDTEAM_BASE/.uids" /run/autograder-uids
rmdir "$REDTEAM_BASE/.uids"
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -o remount,bind,ro /
"$@"
exit $?
"""
"""The shell stays as process 1, which reaps: what nobody reaps counts among a uid's processes, and honest students would run out of them."""


def in_lab() -> bool:
    return os.environ.get("REDTEAM_LAB") == "1"


def in_laboratory(part: str, walls: str, no_lab: bool) -> dict:
    """The run in namespaces of its own. An ordinary user has none to make and little to lose; root without them must ask for it."""
    base = Path(tempfile.mkdtemp(prefix="redteam"))
    environment = {
        **os.environ,
        "REDTEAM_BASE": str(base),
        "TMPDIR": str(base),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment.pop("REDTEAM_LAB", None)
    command = [sys.executable, "-B", str(Path(__file__).resolve()), "--inside", "--only", part, "--walls", walls]
    root = os.geteuid() == 0
    try:
        if root and not no_lab:
            if not shutil.which("unshare") or subprocess.run([*LAB, "true"], capture_output=True).returncode:
                sys.exit("no laboratory: namespaces of its own cannot be made here. To run as root all the same: --no-lab")
            command, environment["REDTEAM_LAB"] = [*LAB, "sh", "-c", PREPARE, "sh", *command], "1"
        else:
            say("NO LABORATORY: the attacks run behind the walls alone")
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=2 * 3600)
        return (
            json.loads(done.stdout.splitlines()[-1])
            if done.stdout.strip()
            else sys.exit(f"the run ended with status {done.returncode}")
        )
    finally:
        shutil.rmtree(base, ignore_errors=True)


def bad(report: dict) -> bool:
    """Whether anything is not as it must be. A wall that is not proven here is named, and is no fault; all of them would be."""
    walls = report["walls"]
    return (
        any(wall["class"] for wall in walls)
        or all(wall["skipped"] for wall in walls)
        or bool(report["control"]["trouble"])
        or any(fell(attack) for attack in report["attacks"])
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--walls", default=",".join(WALLS), help="which to run behind, separated by commas; default: all that hold here"
    )
    parser.add_argument(
        "--only", default="", metavar="PART", help="attacks whose group/deed contains one of these, separated by commas"
    )
    parser.add_argument("--table", type=Path, help="write the table to this file")
    parser.add_argument("--json", type=Path, help="write everything to this file")
    parser.add_argument("--no-lab", action="store_true", help="as root, run without a laboratory")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    walls = [name for name in options.walls.split(",") if name]
    if not walls or set(walls) - set(WALLS):
        parser.error(f"--walls {options.walls}: expected some of {','.join(WALLS)}")
    sys.path.insert(0, str(ROOT))
    if options.inside:
        print(json.dumps(run(Path(os.environ["REDTEAM_BASE"]), options.only, walls)))
        return
    report = in_laboratory(options.only, ",".join(walls), options.no_lab)
    text = table(report)
    if options.table:
        options.table.write_text(text)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    print(text)
    sys.exit(1 if bad(report) else 0)


if __name__ == "__main__":
    main()
