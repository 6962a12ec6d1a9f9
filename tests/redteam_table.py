"""The red team's outcome as Markdown: what was run where, then every attack with a column for each wall."""

from __future__ import annotations

from redteam_class import GROUPS, TWINS
from redteam_rows import MUST_HOLD, NOT_HERE

HEAD = """# The red team

Attacks on the grader, each a file of `tests/submissions` named by its deed, graded as one class beside honest twins, behind each wall
that is proven here:

    make redteam        # python tests/redteam.py --table docs/redteam.md

Each must get no point that its honest parts do not earn, read none of the canaries that lie in checks, reference, secret, another
submission, the grader's environment and a file of the host, reach no listener, and leave no process, mount or file. What came back
is judged again from the stored observations, and must give the same. Those that forge are also put before a naive grader
(`tests/redteam_naive.py`), which runs tests and student code in one pytest process: there they win. Hostile archives are first read
alone, within {seconds:g} s of processor time and {mib} MiB. This is what was thought of, not a proof.

An attack refuses to run outside the wall (status 77): it looks for a uid that is not root, no way to new privileges, a system-call
filter and the host name `sandbox`. A marker file of the launcher's with a random value would be one sign more, but each launcher would
have to show it to every guest, in grading too, and these four signs together hold nowhere else.
"""


def table(report: dict) -> str:
    """The whole document."""
    attacks, walls = report["attacks"], [wall for wall in report["walls"] if not wall["skipped"]]
    fallen = sum(bool(fell(attack)) for attack in attacks)
    lines = [
        HEAD.format(seconds=report["limits"]["seconds"], mib=report["limits"]["mib"]),
        *summary(report, len(attacks), fallen),
    ]
    for group, title in GROUPS.items():
        names = [wall["name"] for wall in walls]
        lines += [
            "",
            f"## {title}",
            "",
            f"| attack | what it does | rows | naive | {' | '.join(names)} |",
            "|---" * (4 + len(names)) + "|",
        ]
        lines += [row(attack, names) for attack in attacks if attack["group"] == group]
    used = sorted({name for attack in attacks for name in attack["rows"]}, key=lambda name: (name[0], int(name[1:])))
    lines += ["", "## What must hold", ""] + [f"- {name}: {MUST_HOLD[name]}" for name in used]
    lines += ["", "## Not shown here", ""] + [f"- {name}: {why}" for name, why in NOT_HERE.items()]
    return "\n".join(lines) + "\n"


def summary(report: dict, count: int, fallen: int) -> list[str]:
    """Figures of the run, a line for each wall."""
    control = report["control"]
    right = ", ".join(name for name, readers in control["twins"].items() if readers) or "nobody"
    lines = [
        f"{count} attacks, {fallen} of which did what they are for.", "",
        f"- machine: {report['machine']}",
        f"- laboratory (own mounts and processes, `/` read-only): {'yes' if report['laboratory'] else '**no**'}",
        f"- took: {report['seconds']} s in all, {control['seconds']} s of it for the naive grader",
        f"- honest twins and what they must get: {', '.join(f'{name} {points}' for name, points in TWINS.items())}",
        f"- naive grader: takes {right} of its twins for right; forged by {sum(bool(each['naive']) for each in report['attacks'])} attacks"
        + "".join(f"; **did not finish**: {each}" for each in control["trouble"]),
        "", "| wall | as proven | took | fell | points forged | the class as a whole |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for wall in report["walls"]:
        if wall["skipped"]:
            lines.append(f"| {wall['name']} | **not run**: {plain(wall['skipped'])} | - | - | - | - |")
            continue
        outcomes = [attack["walls"][wall["name"]] for attack in report["attacks"]]
        forged = sum("forged" in text for each in outcomes for text in each["fell"])
        whole = plain("; ".join(wall["class"])) or "nothing read, nobody called, nothing left, all twins as they must be"
        fell_here = sum(bool(each["fell"]) for each in outcomes)
        lines.append(f"| {wall['name']} | {plain(wall['proof'])} | {wall['seconds']} s | {fell_here} | {forged} | {whole} |")
    return [
        *lines,
        "",
        "In the tables: points and, in brackets, how the student's code ended. `naive`: the readers that were forged there.",
    ]


def row(attack: dict, walls: list[str]) -> str:
    """One attack."""
    cells = [attack["deed"].replace("_", " "), attack["story"].rstrip("."), ", ".join(attack["rows"]), attack["naive"] or "-"]
    read = plain("; ".join(attack["reading"]))
    cells += [f"**FELL**: {read}" if read else cell(attack["walls"][wall]) for wall in walls]
    return f"| {' | '.join(cells)} |"


def cell(outcome: dict) -> str:
    """`held: 0 (crash)`, or why not."""
    points = "-" if outcome["score"] is None else outcome["score"]
    why = plain("; ".join(outcome["fell"]))
    return f"**FELL**: {why} ({points} points)" if why else f"held: {points} ({outcome['told']})"


def fell(attack: dict) -> list[str]:
    """Everything that an attack achieved, anywhere."""
    return [*attack["reading"], *(text for outcome in attack["walls"].values() for text in outcome["fell"])]


def plain(text: str) -> str:
    """Fit for a cell."""
    return text.replace("|", "/").replace("\n", " ")[:300]
