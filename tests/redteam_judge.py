"""What came of an attack: its points, what it said it had won, and what its traces show in files that somebody reads.

An attack that has done what it is for is said to have fallen the wall; each such deed is one sentence.
"""

from __future__ import annotations

import html.parser
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from redteam_class import Attack, Ground

SEEN_BY_STUDENTS = ("feedback.html", "feedback.md", "result.json")
MOST_FEEDBACK = 1 << 20
"""Bytes of a page that somebody can still read."""
MOST_STORED = 64 << 20
"""Bytes that one submission may leave in the result folder: three answers of the size that the toy assignment allows."""
TOLD_EVERY = 0.4
"""Seconds per digit of an attack that tells by the clock."""


@dataclass
class Outcome:
    """What came of one attack behind one wall."""

    score: int | None = None
    told: str = ""
    """How the answers ended: value, crash, time ..."""
    fell: list[str] = field(default_factory=list)
    """What it achieved; empty when the wall held."""


def judge(attack: Attack, ground: Ground, results: dict[str, dict], out: Path) -> Outcome:
    """Compare one attack's results and traces with what must hold."""
    outcome, names = Outcome(), ground.names[attack.deed]
    missing = [name for name in names if name not in results]
    if missing:
        outcome.fell.append(f"no result for {', '.join(missing)}")
    found = [results[name] for name in names if name in results]
    outcome.score = max((result["score"] or 0 for result in found), default=None)
    if (outcome.score or 0) > attack.earns:
        outcome.fell.append(f"forged: {outcome.score} points, its honest parts earn {attack.earns}")
    for result in found:
        outcome.fell += status_of(attack, result)
        told, fell = traces(attack, out / result["student"], ground.canary)
        outcome.told = outcome.told or told
        outcome.fell += fell
    for name in attack.beside:
        if results.get(name, {}).get("score") != 100:
            outcome.fell.append(f"its honest neighbour {name} has {results.get(name, {}).get('score')} points")
    outcome.told = "refused" if attack.refused else outcome.told or "nothing to run"
    outcome.fell = list(dict.fromkeys(outcome.fell))
    return outcome


def status_of(attack: Attack, result: dict) -> list[str]:
    """Whether it is graded, or refused if that is how it must end."""
    ungraded = result["status"] == "ungraded"
    if attack.refused:
        return [] if ungraded else [f"{result['student']} was graded"]
    return [f"{result['status']}: {result['reason']}"] if ungraded else []


def traces(attack: Attack, folder: Path, canary: dict[str, str]) -> tuple[str, list[str]]:
    """(how its answers ended, what is wrong in its result folder)."""
    record: dict = {"answers": {}, "inputs": {}, "log": ""}
    fell = []
    if (folder / "observations/run.json").exists():
        text = (folder / "observations/run.json").read_text()
        record = json.loads(text)
        fell += [f"a canary in run.json: {place}" for place, value in canary.items() if value in text]
    fell += list(dict.fromkeys(re.findall(r"^WON: .*$", record["log"], re.M)))[:5]
    secret = hidden_words(record)
    for name in SEEN_BY_STUDENTS:
        if (folder / name).exists():
            fell += [f"{name}: {problem}" for problem in problems(name, (folder / name).read_text(), canary, secret)]
    if attack.tells == "seconds" and (folder / "result.json").exists():
        fell += told_by_the_clock(record, json.loads((folder / "result.json").read_text()))
    stored = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if stored > MOST_STORED:
        fell.append(f"{stored >> 20} MiB in the result folder")
    faults = [answer["fault"] or "value" for answer in record["answers"].values()]
    return ", ".join(dict.fromkeys(faults)), fell


def hidden_words(record: dict) -> dict[str, str]:
    """What no student may read -> what it is: the hidden inputs, and the words in which a hidden observation ended."""
    words = {f"{number:.10f}"[:9]: "inputs of a hidden check" for number in numbers_in(record["inputs"].get("hidden_numbers"))}
    answers = record["answers"]
    shown = " ".join(answer["text"] for name, answer in answers.items() if name != "hidden_spread")
    text = answers.get("hidden_spread", {}).get("text", "")
    said = re.findall(r"exit status \d+|signal \w+", text)  # what its code chose, where it did not raise
    return words | {word: "how a hidden observation ended" for word in said if word not in shown}


def told_by_the_clock(record: dict, result: dict) -> list[str]:
    """Whether the time that a student reads of a hidden check is the digit that the attack slept for."""
    digit = int(abs(numbers_in(record["inputs"]["hidden_numbers"])[0]) * 10) % 3
    for line in result["checks"]:
        if line["visibility"] == "hidden" and line["seconds"] and round(line["seconds"] / TOLD_EVERY) == digit + 1:
            return ["result.json: the time of a hidden check, a digit of its inputs"]
    return []


def numbers_in(tree: object) -> list[float]:
    """All floats of a stored value."""
    if isinstance(tree, float):
        return [tree]
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    return [number for item in inner for number in numbers_in(item)]


CONTROL = re.compile("[\x00\x08\x1b\x7f\x9b\u202a-\u202e\u2066-\u2069]")


def problems(name: str, text: str, canary: dict[str, str], hidden: dict[str, str]) -> list[str]:
    """What must not be in a text that a student, an instructor or a CI runner reads."""
    found = [f"the canary of {place}" for place, value in canary.items() if value in text]
    found += sorted({f"shows {what}" for word, what in hidden.items() if word in text})
    if CONTROL.search(text):
        found.append("control characters")
    if len(text) > MOST_FEEDBACK and name.startswith("feedback"):
        found.append(f"{len(text) >> 10} KiB long")
    lines = [] if name.endswith((".html", ".json")) else text.splitlines()
    if any(line.lstrip().startswith("::") or "##[" in line for line in lines):
        found.append("a command for a CI runner")
    if name.endswith(".csv") and re.search(r'(^|,)"?[=@]', text, re.M):
        found.append("a formula")
    return found + (markup(text) if name.endswith(".html") else markdown(text) if name.endswith(".md") else [])


def markup(text: str) -> list[str]:
    """Elements and attributes that no page of ours has."""
    reader = Reader()
    reader.feed(text)
    return reader.found


def markdown(text: str) -> list[str]:
    """Markup, links and pictures that a page of ours in Markdown never has."""
    never = ("html_block", "html_inline", "link_open", "image", "table_open")
    blocks = MarkdownIt("commonmark").enable("table").parse(text)
    kinds = [block.type for block in blocks] + [inner.type for block in blocks for inner in block.children or []]
    # One table is ours.
    found = [kind for kind in kinds if kind in never]
    if found.count("table_open") == 1:
        found.remove("table_open")
    return [f"markup that is not ours: {kind}" for kind in dict.fromkeys(found)]


class Reader(html.parser.HTMLParser):
    """Collects what a page must not have."""

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
