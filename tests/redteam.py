"""The red team: every attack of `tests/submissions` as one class, graded through the command line, beside honest twins.

    python tests/redteam.py [--table FILE] [--json FILE] [--only PART] [--no-lab]

As root it runs in a laboratory: namespaces of its own for mounts and processes, `/` read-only, scratch on a tmpfs, so that an
attack which got out would still change nothing. Exit status 1 when an attack did what it is for.
"""

from __future__ import annotations

import argparse
import ast
import html.parser
import importlib.util
import json
import os
import platform
import re
import resource
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUBMISSIONS = Path(__file__).parent / "submissions"
TOY = Path(__file__).parent / "course"
GROUPS = {
    "a_forge": "Forging the verdict", "b_key": "Reading the key", "c_break": "Breaking host or grader",
    "d_archive": "Hostile archives, repositories, ids, feedback", "e_metric": "Cheating the metric",
}  # fmt: skip
BARE = 77
"""Exit status of an attack that finds itself outside the wall."""
ROWS = {f"{letter}{n}" for letter, last in (("A", 16), ("B", 12), ("C", 13), ("D", 9), ("E", 8)) for n in range(1, last + 1)}
"""The kinds of attack that the wall is built against: A forging, B reading, C breaking, D hostile data, E metrics."""
NOT_HERE = {
    "A15": "source checks belong to assignments that have one",
    "B9": "a limit on attempts is the course's to set; seeds change with every submission",
    "B11": "judging comes after the guest's end, by construction",
    "C13": "needs a GPU",
    "E1": "needs reference images; W1 covers the reading",
    "E8": "needs weights; the toy assignment has none",
}
"""Kinds that the toy assignment cannot show."""

RIGHT = (TOY / "reference_solutions/toy/toy.py").read_text()
WRONG = RIGHT.replace("return sum(numbers) / len(numbers)", "return sum(numbers)")
TWINS = {"honest": 100, "honest-wrong": 60, "kay-twin": 100}
"""Honest students beside the attacks, and what they must get."""
READ_SECONDS, READ_MIB = 45.0, 256
"""What reading one hostile archive may cost."""


@dataclass(frozen=True)
class Attack:
    """One file of `tests/submissions`."""

    group: str
    deed: str
    story: str
    rows: tuple[str, ...]
    earns: int
    """Points that its honest parts are worth."""
    naive: bool
    """Whether it must forge a verdict in the naive grader."""
    refused: bool
    """Whether it ends without an owner: refused by name."""
    builder: bool
    """Whether it is data made by a function, not code."""
    path: Path

    @property
    def student(self) -> str:
        """Its name in the class."""
        return f"{self.group[0]}-{self.deed.replace('_', '-')}"[:60]


@dataclass
class Outcome:
    """What came of one attack."""

    group: str
    deed: str
    story: str
    rows: tuple[str, ...]
    score: int | None = None
    told: str = ""
    """How the answers ended: value, crash, time ..."""
    naive: str = ""
    """Readers of the naive grader that it forged."""
    fell: list[str] = field(default_factory=list)
    """What it achieved; empty when the wall held."""


def attacks() -> list[Attack]:
    """All of them, in order."""
    return [attack_of(path) for group in GROUPS for path in sorted((SUBMISSIONS / group).glob("*.py"))]


def attack_of(path: Path) -> Attack:
    """The attack that a file describes; nothing of it is run."""
    tree = ast.parse(path.read_text())
    said = ast.get_docstring(tree) or ""
    marks = dict(re.findall(r"^(\w+): (.+)$", said, re.M))
    builder = any(isinstance(node, ast.FunctionDef) and node.name == "build" for node in tree.body)
    return Attack(
        path.parent.name, path.stem, said.splitlines()[0], tuple(marks["Attacks"].split(", ")), int(marks.get("Earns", 0)),
        marks.get("Forges") == "naive", marks.get("Ends") == "refused", builder, path,
    )  # fmt: skip


def guard_of(path: Path) -> str:
    """The lines between docstring and deed."""
    text = path.read_text()
    start = text.index("# ruff: noqa")
    return text[start : text.index("raise SystemExit(77)") + len("raise SystemExit(77)\n")]


# --- the class -------------------------------------------------------------------------------------------------------------


def lay_out(base: Path, wanted: list[Attack], tokens: dict[str, str]) -> dict[str, list[str]]:
    """Write the class; gives deed -> names of its students."""
    folder = base / "class"
    folder.mkdir()
    for student, text in {"honest": f"{RIGHT}\n# {tokens['CANARY']}\n", "honest-wrong": WRONG}.items():
        write_submission(folder / student, text)
    names: dict[str, list[str]] = {}
    for attack in wanted:
        names[attack.deed] = [attack.student]
        if attack.builder:
            names[attack.deed] = load_builder(attack.path)(folder, attack.student, RIGHT, base / "host") or [attack.student]
        else:
            write_submission(folder / attack.student, filled(attack.path.read_text(), tokens))
            for name, text in beside(attack.path).items():
                (folder / attack.student / name).write_text(text)
    return names


def write_submission(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / "toy.py").write_text(text)


def filled(text: str, tokens: dict[str, str]) -> str:
    for name, value in tokens.items():
        text = text.replace(f"@{name}@", value)
    return text


def beside(path: Path) -> dict[str, str]:
    """Further files that a submission brings; those with code get the guard too."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "BESIDE":
            guard = guard_of(path)
            return {name: guard + text if name.endswith(".py") else text for name, text in ast.literal_eval(node.value).items()}
    return {}


def load_builder(path: Path):
    spec = importlib.util.spec_from_file_location(f"builder_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.build


def lay_course(base: Path, canary: dict[str, str]) -> Path:
    """A copy of the toy course: its hidden check has inputs of its own, asked for first; canaries lie in all that is secret."""
    course = Path(shutil.copytree(TOY, base / "course", ignore=shutil.ignore_patterns(".autograder", "__pycache__")))
    toy = course / "assignments/toy"
    driver = (toy / "driver.py").read_text().split('"""\n', 1)
    hidden = '\n\ndef hidden_spread(student, hidden_numbers) -> float:\n    """First of all, so that what it leaves behind could be used."""\n    return student.spread(hidden_numbers)\n'
    (toy / "driver.py").write_text(driver[0] + '"""\n' + hidden + driver[1])
    with (toy / "inputs.py").open("a") as file:
        file.write("\n\ndef hidden_numbers(rng):\n    return (9 + 4 * torch.randn(11, generator=rng)).double().tolist()\n")
    checks = (toy / "checks_hidden.py").read_text()
    checks = checks.replace("(spread, numbers)", "(hidden_spread, hidden_numbers)").replace('spread["value"]', "hidden_spread")
    (toy / "checks_hidden.py").write_text(
        checks.replace("statistics.pstdev(numbers)", "statistics.pstdev(hidden_numbers)") + f"\n# {canary['checks']}\n"
    )
    with (course / "reference_solutions/toy/toy.py").open("a") as file:
        file.write(f"\n# {canary['reference']}\n")
    (course / ".autograder").mkdir()
    (course / ".autograder/note").write_text(canary["secret"])
    return course


# --- one run ---------------------------------------------------------------------------------------------------------------


def run(base: Path, part: str = "", say=lambda text: print(text, file=sys.stderr, flush=True)) -> dict:
    """Everything: gives the outcomes and what holds for the class as a whole."""
    started = time.monotonic()
    wanted = [attack for attack in attacks() if any(word in f"{attack.group}/{attack.deed}" for word in part.split(","))]
    canary = {
        place: f"canary-{place}-{secrets.token_hex(12)}"
        for place in ("checks", "reference", "secret", "other", "variable", "file")
    }
    host = base / "host"
    host.mkdir()
    (host / "secret").write_text(canary["file"])
    (host / "secret").chmod(0o600)
    (base / "tmp").mkdir()
    course = lay_course(base, canary)
    abstract = f"redteam-{secrets.token_hex(6)}"
    listeners = listen(abstract, base / "socket")
    tokens = {
        "CANARY": canary["other"], "COURSE": str(course), "CLASS": str(base / "class"), "HOST_FILE": str(host / "secret"), "SCRATCH": str(host),
        "PID": str(os.getpid()), "ABSTRACT": abstract, "SOCKET": str(base / "socket"),
        "TCP": str(listeners["tcp"].getsockname()[1]), "UDP": str(listeners["udp"].getsockname()[1]),
    }  # fmt: skip
    names = lay_out(base, wanted, tokens)
    outcomes = {attack.deed: Outcome(attack.group, attack.deed, attack.story, attack.rows) for attack in wanted}
    read_archives(base, wanted, names, outcomes)
    before = snapshot(host)
    say(f"grading {len(list((base / 'class').iterdir()))} submissions ...")
    done = grade(base, course, canary["variable"])
    say(done.stderr[-2000:])
    wrong = compared(before, snapshot(host))
    wrong += [f"{name}: somebody called" for name, listener in listeners.items() if called(listener)]
    stages = base / "tmp" / f"autograder-{os.getuid()}"
    left = [path for path in (base / "tmp").rglob("*") if path != stages and path.parent != stages]
    wrong += [f"left behind: {path.relative_to(base)}" for path in left]
    results = (
        {result["student"]: result for result in json.loads((base / "out/results.json").read_text())}
        if done.returncode in (0, 3)
        else {}
    )
    if not results:
        wrong.append(f"the grading ended with status {done.returncode}: {done.stderr[-500:]}")
    for student, points in TWINS.items():
        if (base / "class" / student).exists() and results.get(student, {}).get("score") != points:
            wrong.append(
                f"{student} should have {points} points, has {results.get(student, {}).get('score')}: {results.get(student, {}).get('reason', '')}"
            )
    texts = {"stdout": done.stdout, "stderr": done.stderr} | {
        name: (base / "out" / name).read_text()
        for name in ("index.html", "grades.csv", "results.json")
        if (base / "out" / name).exists()
    }
    wrong += [f"{name}: {problem}" for name, text in texts.items() for problem in problems(name, text, canary, [])]
    for attack in wanted:
        judge(attack, names[attack.deed], results, base / "out", canary, outcomes[attack.deed])
    say("the naive grader ...")
    control = naive(base, wanted, outcomes)
    return {
        "machine": machine(), "seconds": round(time.monotonic() - started), "laboratory": os.environ.get("REDTEAM_LAB") == "1",
        "wall": next((result["wall"] for result in results.values() if result["wall"]), "none"), "class": wrong, "control": control,
        "attacks": [asdict(outcome) for outcome in outcomes.values()],
    }  # fmt: skip


def grade(base: Path, course: Path, variable: str) -> subprocess.CompletedProcess[str]:
    """The class through the command line, as an instructor starts it."""
    command = [
        sys.executable, "-B", "-m", "autograder", "grade", str(base / "class"), "--assignment", "toy", "--out", str(base / "out"), "--jobs", "2",
    ]  # fmt: skip
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(base / "tmp"), "GRADER_TOKEN": variable, "COLUMNS": "160",
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    try:
        return subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=1500)
    except subprocess.TimeoutExpired as error:
        return subprocess.CompletedProcess(command, 124, "", f"the grading did not end: {error}")


def read_archives(base: Path, wanted: list[Attack], names: dict[str, list[str]], outcomes: dict[str, Outcome]) -> None:
    """Let the reader of archives alone look at each hostile one, under limits; what it does not survive is kept from the class."""
    for attack in wanted:
        if not attack.builder or attack.refused:
            continue
        for entry in sorted((base / "class").iterdir()):
            if not any(entry.name == name or entry.name.startswith(f"{name}.") for name in names[attack.deed]):
                continue
            inner = (
                [path for path in entry.iterdir() if path.name.startswith("toy.") and path.suffix == ".zip"]
                if entry.is_dir() and not entry.is_symlink()
                else []
            )
            for place in (entry, *inner):
                fell = cost_of_reading(place)
                if fell:
                    outcomes[attack.deed].fell.append(fell)
                    shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink(missing_ok=True)
                    break


def cost_of_reading(path: Path) -> str:
    """What is wrong with how the reader takes this; nothing when it is quick, small and raises nothing."""
    code = (
        "import resource, sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; from autograder.archives import read_contents;"
        "read_contents(Path(sys.argv[1]), {'toy.py': 2 << 20, 'toy.ipynb': 2 << 20});"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    try:
        done = subprocess.run(
            [sys.executable, "-B", "-c", code, str(path), str(ROOT)],
            capture_output=True,
            text=True,
            timeout=READ_SECONDS,
            preexec_fn=limit,
        )
    except subprocess.TimeoutExpired:
        return f"reading {path.name} did not end within {READ_SECONDS:g} s"
    if done.returncode != 0:
        return f"reading {path.name} raised {(done.stderr.strip().splitlines() or ['nothing'])[-1]}"
    used = int(done.stdout)
    return f"reading {path.name} took {used} MiB of memory" if used > READ_MIB else ""


# --- what came of it -------------------------------------------------------------------------------------------------------


def judge(attack: Attack, names: list[str], results: dict, out: Path, canary: dict[str, str], outcome: Outcome) -> None:
    """Compare one attack's results and traces with what must hold."""
    found = [results[name] for name in names if name in results]
    missing = [name for name in names if name not in results]
    if missing and not outcome.fell:
        outcome.fell.append(f"no result for {', '.join(missing)}")
    outcome.score = max((result["score"] or 0 for result in found), default=None)
    if (outcome.score or 0) > attack.earns:
        outcome.fell.append(f"forged: {outcome.score} points, its honest parts earn {attack.earns}")
    for result in found:
        if (result["status"] == "ungraded") != attack.refused:
            outcome.fell.append(
                f"{result['status']}: {result['reason']}" if not attack.refused else f"{result['student']} was graded"
            )
        folder = out / result["student"]
        log, hidden, faults = "", [], []
        if (folder / "observations/run.json").exists():
            record = json.loads((folder / "observations/run.json").read_text())
            log = record["log"]
            hidden = [f"{number:.10f}"[:9] for number in numbers_in(record["inputs"].get("hidden_numbers"))]
            faults = [f"{answer['fault'] or 'value'}" for answer in record["answers"].values()]
            outcome.fell += [f"a canary in run.json: {place}" for place, value in canary.items() if value in json.dumps(record)]
        outcome.told = outcome.told or ("refused" if attack.refused else ", ".join(dict.fromkeys(faults)) or "nothing to run")
        outcome.fell += list(dict.fromkeys(re.findall(r"^WON: .*$", log, re.M)))[:5]
        for name in ("feedback.html", "feedback.md"):
            if (folder / name).exists():
                outcome.fell += [f"{name}: {problem}" for problem in problems(name, (folder / name).read_text(), canary, hidden)]
    outcome.fell = list(dict.fromkeys(outcome.fell))


def numbers_in(tree) -> list[float]:
    """All floats of a stored value."""
    if isinstance(tree, float):
        return [tree]
    return [
        number
        for item in (tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else [])
        for number in numbers_in(item)
    ]


CONTROL = re.compile("[\x00\x08\x1b\x7f\x9b\u202a-\u202e\u2066-\u2069]")


def problems(name: str, text: str, canary: dict[str, str], hidden: list[str]) -> list[str]:
    """What must not be in a text that a student, an instructor or a CI runner reads."""
    found = [f"the canary of {place}" for place, value in canary.items() if value in text]
    if any(number in text for number in hidden):
        found.append("shows inputs of a hidden check")
    if CONTROL.search(text):
        found.append("control characters")
    if len(text) > 1 << 20 and name.startswith("feedback"):
        found.append(f"{len(text) >> 10} KiB long")
    if not name.endswith((".html", ".json")) and any(
        line.lstrip().startswith("::") or "##[" in line for line in text.splitlines()
    ):
        found.append("a command for a CI runner")
    if name.endswith(".html"):
        reader = Reader()
        reader.feed(text)
        found += reader.found
    if name.endswith(".csv") and re.search(r'(^|,)"?[=@]', text, re.M):
        found.append("a formula")
    return found


class Reader(html.parser.HTMLParser):
    """Looks for elements and attributes that no page of ours has."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attributes):
        if tag in ("iframe", "object", "embed", "base", "form"):
            self.found.append(f"an element {tag}")
        for name, value in attributes:
            if name.startswith("on") or (value or "").strip().lower().startswith(("javascript:", "http://127")):
                self.found.append(f"an attribute {name} of {tag}")

    def handle_data(self, data):
        if self.cdata_elem == "script" and "alert(" in data:
            self.found.append("a script of the student's")


# --- before and after ------------------------------------------------------------------------------------------------------


def snapshot(host: Path) -> dict[str, object]:
    """What a grading must leave as it was."""
    return {
        "mounts": sorted(line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()),
        "processes under the pool's uids": pool_processes(),
        "sockets under the pool's uids": [
            line.split()[1] for name in ("tcp", "tcp6", "udp", "udp6") for line in net(name) if pool(line.split()[7])
        ],
        "files under the pool's uids": [path.name for path in Path("/tmp").iterdir() if pool(str(path.lstat().st_uid))],
        "the host's folder": sorted(path.name for path in host.iterdir()),
        "the checkout": checkout(),
    }


def checkout() -> str:
    """What git says of it; in the laboratory it cannot change, and may be worked on meanwhile."""
    if os.statvfs(ROOT).f_flag & os.ST_RDONLY:
        return "read-only"
    return subprocess.run(["git", "-C", str(ROOT), "status", "--porcelain"], capture_output=True, text=True).stdout


def compared(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """What is there now that was not; a mount of somebody else's may go meanwhile."""
    found = []
    for name, value in after.items():
        if isinstance(value, list):
            new = list((Counter(value) - Counter(before[name])).elements())
            found += [f"{name}: new: {', '.join(new)}"] if new else []
        elif value != before[name]:
            found.append(f"{name}: changed: {value}")
    return found


def pool(uid: str) -> bool:
    from autograder.sandbox import uids

    return uid.isdigit() and uids.FIRST <= int(uid) < uids.FIRST + uids.COUNT


def net(name: str) -> list[str]:
    path = Path("/proc/net", name)
    return path.read_text().splitlines()[1:] if path.exists() else []


def pool_processes() -> list[str]:
    """Live processes under any uid of the pool."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:
            continue
        if any(pool(uid) for uid in fields.get("Uid", "").split()) and not fields.get("State", "Z").startswith("Z"):
            found.append(status.parent.name)
    return found


def listen(abstract: str, path: Path) -> dict[str, socket.socket]:
    """Listeners on loopback that nobody may reach."""
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    name, file = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    name.bind(f"\0{abstract}")
    file.bind(str(path))
    path.chmod(0o777)
    for listener in (name, file):
        listener.listen()
    found = {"tcp": tcp, "udp": udp, "abstract": name, "file": file}
    for listener in found.values():
        listener.setblocking(False)
    return found


def called(listener: socket.socket) -> bool:
    try:
        listener.recv(1) if listener.type == socket.SOCK_DGRAM else listener.accept()
    except BlockingIOError:
        return False
    finally:
        listener.close()
    return True


# --- the control -----------------------------------------------------------------------------------------------------------


def naive(base: Path, wanted: list[Attack], outcomes: dict[str, Outcome]) -> dict[str, list[str]]:
    """The forging attacks, and the twins, before the naive grader."""
    from redteam_naive import forged

    verdicts = {}
    (base / "naive").mkdir()
    for twin, text in (("honest", RIGHT), ("honest-wrong", WRONG)):
        write_submission(base / "naive" / twin, text)
        verdicts[twin] = sorted(forged(base / "naive" / twin))
    for attack in wanted:
        if attack.naive:
            folder = base / "naive" / attack.deed
            write_submission(folder, attack.path.read_text())
            for name, text in beside(attack.path).items():
                (folder / name).write_text(text)
            outcomes[attack.deed].naive = ", ".join(sorted(forged(folder)))
    return verdicts


# --- the table, the laboratory, the command line ---------------------------------------------------------------------------


def machine() -> str:
    version = subprocess.run(["bwrap", "--version"], capture_output=True, text=True).stdout.strip()
    return f"{os.cpu_count()}-core Linux {platform.release()} on {platform.machine()}, {version}, Python {platform.python_version()}, {'root' if os.geteuid() == 0 else 'an ordinary user'}"


def table(report: dict) -> str:
    """The outcome as Markdown."""
    fell = [attack for attack in report["attacks"] if attack["fell"]]
    lines = [
        "# The red team", "",
        "Attacks on the grader, each a file of `tests/submissions` named by its deed, graded as one class beside honest twins:",
        "", "    python tests/redteam.py --table docs/redteam.md", "",
        "Each must get no point that its honest parts do not earn, read none of the canaries that lie in checks, reference, secret, another",
        "submission, the grader's environment and a file of the host, reach no listener, and leave no process, mount or file. Those that forge",
        "are also put before a naive grader (`tests/redteam_naive.py`), which runs tests and student code in one pytest process: there they win.",
        "An attack refuses to run outside the wall (status 77). This is what was thought of, not a proof.", "",
        f"{len(report['attacks'])} attacks, {len(fell)} of which did what they are for.", "",
        f"- machine: {report['machine']}", f"- wall: {report['wall']}",
        f"- laboratory (own mounts and processes, `/` read-only): {'yes' if report['laboratory'] else '**no**'}",
        f"- took: {report['seconds']} s",
        f"- honest twins and what they must get: {', '.join(f'{name} {points}' for name, points in TWINS.items())}",
        f"- the class as a whole: {'; '.join(report['class']) or 'nothing read, nobody called, no process, mount or file left'}",
        f"- naive control: takes {', '.join(name for name, readers in report['control'].items() if readers) or 'nobody'} of its twins for right; "
        f"forged by {sum(bool(attack['naive']) for attack in report['attacks'])} attacks", "",
        "`naive` says which readers of a same-process pytest grader the attack forged. `answers` says how the student's code ended.",
    ]  # fmt: skip
    for group, title in GROUPS.items():
        lines += [
            "",
            f"## {title}",
            "",
            "| attack | what it does | rows | answers | points | naive | outcome |",
            "|---|---|---|---|---|---|---|",
        ]
        for attack in report["attacks"]:
            if attack["group"] == group:
                outcome = "; ".join(attack["fell"]).replace("|", "/").replace("\n", " ")[:200]
                points = "-" if attack["score"] is None else attack["score"]
                lines.append(
                    f"| {attack['deed'].replace('_', ' ')} | {attack['story'].rstrip('.')} | {', '.join(attack['rows'])} | {attack['told']} "
                    f"| {points} | {attack['naive'] or '-'} | {f'**FELL**: {outcome}' if outcome else 'held'} |"
                )
    if NOT_HERE:
        lines += ["", "## Not shown here", ""] + [f"- {row}: {why}" for row, why in NOT_HERE.items()]
    return "\n".join(lines) + "\n"


LAB = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private")
PREPARE = """
set -e
mkdir -p /run/autograder-uids
mount --bind /run/autograder-uids /run/autograder-uids
mount -t tmpfs -o size=4g,mode=0755 tmpfs "$REDTEAM_BASE"
mount -o remount,bind,ro /
exec "$@"
"""


def in_laboratory(part: str) -> dict:
    """The run in namespaces of its own; on this machine as it is, said loudly, where that is not possible."""
    base = Path(tempfile.mkdtemp(prefix="redteam"))
    environment = {**os.environ, "REDTEAM_BASE": str(base), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-B", str(Path(__file__).resolve()), "--inside", "--only", part]
    try:
        if os.geteuid() == 0 and shutil.which("unshare") and subprocess.run([*LAB, "true"], capture_output=True).returncode == 0:
            command = [*LAB, "sh", "-c", PREPARE, "sh", *command]
            environment["REDTEAM_LAB"] = "1"
        else:
            print("NO LABORATORY: needs root and unshare; the attacks run behind the wall alone", file=sys.stderr)
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=2400)
        return (
            json.loads(done.stdout.splitlines()[-1])
            if done.stdout.strip()
            else sys.exit(f"the run ended with status {done.returncode}")
        )
    finally:
        shutil.rmtree(base, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, help="write the table to this file")
    parser.add_argument("--json", type=Path, help="write everything to this file")
    parser.add_argument("--only", default="", help="attacks whose group/deed contains one of these, separated by commas")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    if options.inside:
        base = Path(os.environ["REDTEAM_BASE"])
        print(json.dumps(run(base, options.only)))
        return
    report = in_laboratory(options.only)
    text = table(report)
    if options.table:
        options.table.write_text(text)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    print(text)
    sys.exit(1 if report["class"] or any(attack["fell"] for attack in report["attacks"]) else 0)


if __name__ == "__main__":
    main()
