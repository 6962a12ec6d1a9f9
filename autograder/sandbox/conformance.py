"""One conformance suite for every wall: named behaviours that each backend must show, run on the machine at hand.

Takes a `Sandbox`, stages submissions of its own and gives one sentence for each behaviour that does not hold. What could do harm
happens inside a guest only, which looks for its confinement first. Must never judge a submission. As a command:
`python -m autograder.sandbox.conformance BACKEND [NAME...]` prints what failed as JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from autograder.errors import SandboxUnavailable
from autograder.sandbox.bubblewrap import Bubblewrap
from autograder.sandbox.conformance_cases import (
    BOUNDS,
    FAULTS,
    HONEST,
    LOGS,
    OTHERS,
    POLICY,
    VALUES,
    Bench,
    Case,
    ConformanceFailure,
    expect,
    fault_of,
    same,
    value_of,
)  # fmt: skip
from autograder.sandbox.contract import Sandbox, Stage
from autograder.sandbox.none import NoSandbox
from autograder.sandbox.warm import Warm

DRAWN = "import random, numpy, torch\nreturn [random.random(), float(numpy.random.rand()), torch.randn(3)]"
DAEMONS = """import signal
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (1, 2, 15): signal.signal(number, signal.SIG_IGN)
            time.sleep(50)
        os._exit(0)
return 1"""
BACKENDS: Mapping[str, Callable[[], Sandbox]] = {"bubblewrap": Bubblewrap, "warm": Warm, "none": NoSandbox}


def seeds_decide_what_is_drawn(bench: Bench) -> None:
    """The same seed draws the same numbers, in any order of observations; another seed draws others."""
    first, other, again = (value_of(bench.run(DRAWN, seed=seed)) for seed in (2**63 + 5, 6, 2**63 + 5))
    expect(same(first, again), first, again)
    expect(all(not same(a, b) for a, b in zip(first, other, strict=True)), "other numbers for another seed", other)


def a_module_is_fresh_at_each_observation(bench: Bench) -> None:
    """What an observation changes in a module, in torch or in the environment is gone at the next."""
    code = "import torch\nold = [student.count(), hasattr(torch, 'ours'), 'OURS' in os.environ]\n"
    for _ in range(2):
        found = value_of(bench.run(code + "torch.ours = 1; os.environ['OURS'] = '1'; torch.ones = None\nreturn old"))
        expect(found == [1, False, False], [1, False, False], found)


def inputs_stay_ours(bench: Bench) -> None:
    """What is changed in place inside is not changed outside."""
    given = torch.ones(4)
    value_of(bench.run("given.zero_()", given))
    expect(given.sum() == 4, "ones", given)


def time_is_measured_outside(bench: Bench) -> None:
    """Seconds are those of a clock that student code cannot reach."""
    spent = bench.run("given = time.sleep\ntime.monotonic = time.time = lambda: 0\ngiven(0.6)").seconds
    expect(0.6 <= spent < 3, "0.6 seconds and a little", spent)


def a_large_request_crosses(bench: Bench) -> None:
    """Twenty mebibytes of inputs arrive whole."""
    given = torch.arange(20 << 17, dtype=torch.float64)
    expect(value_of(bench.run("return [len(given), given[-1].item()]", given))[0] == 20 << 17, 20 << 17, "less")


def weights_are_loaded(bench: Bench) -> None:
    """A checkpoint arrives as tensors by name."""
    found = value_of(bench.guest().ask("loaded", ["weights"], {}, 0, 10))
    expect(same(found, {"w": torch.arange(4.0)}), "the tensor w", found)


def missing_weights_are_told(bench: Bench) -> None:
    """No checkpoint: which file is missing and what to do."""
    fault_of(bench.guest("notebook").ask("loaded", ["weights"], {}, 0, 10), "raised", "weights.safetensors", "handed in")


def pickled_weights_are_refused(bench: Bench) -> None:
    """A pickle is named as such, and never loaded."""
    guest = bench.guest("pickle")
    fault_of(guest.ask("loaded", ["weights"], {}, 0, 10), "raised", "is a pickle", "safetensors.torch.save_file")
    executed = guest.ask("run", [], {"student": None, "code": "return os.path.exists('/tmp/executed')", "given": None}, 0, 10)
    expect(executed.value is False, "the pickle not executed", executed)


def daemons_do_not_outlive_their_observation(bench: Bench) -> None:
    """Children that left session and parent and ignore signals are dead before the next observation."""
    value_of(bench.deed(DAEMONS))
    expect(value_of(bench.deed(OTHERS)) == [], "no process left", "some")


def the_deadline_ends_deaf_children_too(bench: Bench) -> None:
    """An observation that is out of time takes its children along, also those that ignore SIGTERM."""
    code = "import signal\nsignal.signal(15, signal.SIG_IGN)\nfor _ in range(3): os.fork()\ntime.sleep(60)"
    fault_of(bench.deed(code, seconds=1), "time")
    expect(value_of(bench.deed(OTHERS)) == [], "no process left", "some")


def a_thread_left_running_costs_nothing(bench: Bench) -> None:
    """The answer counts when it is there, whatever still runs."""
    answer = bench.run("import threading\nthreading.Thread(target=time.sleep, args=(50,)).start()\nreturn 5")
    expect(value_of(answer) == 5 and answer.seconds < 3, 5, answer)


@contextmanager
def unavailable() -> Iterator[None]:
    """What happens here must be SandboxUnavailable: ours, never the student's."""
    try:
        yield
    except SandboxUnavailable:
        return
    raise ConformanceFailure("SandboxUnavailable", "a guest")


def a_missing_guest_is_ours(bench: Bench) -> None:
    """Without the guest's own file nothing comes up, and nobody is blamed."""
    with unavailable(), bench.peer("echo") as guest:
        guest.end()
        (bench.stage("nobody").boot / "guest.py").unlink()
        bench.sandbox.start(bench.stage("nobody"), POLICY).end()


def a_broken_preload_is_ours(bench: Bench) -> None:
    """A library of the assignment that cannot be imported."""
    with unavailable():
        bench.sandbox.start(bench.stage("plain", preload=("no_such_library",)), POLICY).end()


def a_guest_that_never_comes_up_is_ours(bench: Bench) -> None:
    """The time for coming up is bounded."""
    started = time.monotonic()
    with unavailable(), bench.peer("silent", replace(POLICY, start_seconds=1.0)):
        pass
    expect(time.monotonic() - started < 4, "an end after 1 second", time.monotonic() - started)


def a_forged_greeting_is_ours(bench: Bench) -> None:
    """Something else than READY: the guest is not up."""
    with unavailable(), bench.peer("forged"):
        pass


def peer_fault(peer: str, kind: str, *words: str, seconds: float = 5.0, alive: bool = False) -> Case:
    """A case: a peer that answers like this is told as this fault, in time."""

    def case(bench: Bench) -> None:
        with bench.peer(peer, replace(POLICY, log_total=1 << 20)) as guest:
            started = time.monotonic()
            fault_of(guest.ask("run", [], {"given": torch.zeros(1 << 20)}, 0, seconds), kind, *words)
            expect(time.monotonic() - started < seconds + 4.5, "an end in time", time.monotonic() - started)
            expect(guest.alive is alive, f"alive: {alive}", guest.alive)

    return case


PEERS: dict[str, Case] = {
    "an_answer_to_nothing_asked_is_a_crash": peer_fault("stranger", "crash", "not asked"),
    "an_announced_giant_is_a_crash": peer_fault("giant", "crash", "larger than the limit"),
    "leaving_amid_an_answer_is_a_crash": peer_fault("leaver", "crash", "ended"),
    "a_byte_now_and_then_ends_in_time": peer_fault("drip", "time", seconds=0.5),
    "a_guest_that_never_reads_ends_in_time": peer_fault("deaf", "time", seconds=0.5),
    "a_flood_of_output_is_a_crash": peer_fault("flood", "crash", "printed more than"),
    "bytes_that_are_no_value_are_no_answer": peer_fault("garbage", "answer", alive=True),
}


def a_second_answer_is_never_the_next_ones(bench: Bench) -> None:
    """An answer said twice is a fault, at once or at the next question."""
    with bench.peer("twice") as guest:
        answers = [guest.ask("run", [], {}, 0, 5) for _ in range(3)]
    expect(any(answer.fault == "crash" for answer in answers) and answers[2].fault, "a crash", answers)


def what_is_kept_of_the_log_is_bounded(bench: Bench) -> None:
    """The start of what was printed, up to the policy's bytes."""
    with bench.peer("slow", replace(POLICY, log_kept=1000)) as guest:
        value_of(guest.ask("run", [], {}, 0, 5))
        guest.end()
        expect(guest.log == "z" * 1000, "1000 bytes", len(guest.log))


def a_slow_reader_gets_its_request(bench: Bench) -> None:
    """A guest that reads in small parts and prints meanwhile holds nothing up."""
    with bench.peer("slow") as guest:
        value_of(guest.ask("run", [], {"given": torch.zeros(4 << 20)}, 0, 20))


def coming_up_is_not_charged(bench: Bench) -> None:
    """Seconds of an answer are those since the question."""
    started = time.monotonic()
    with bench.peer("late") as guest:
        spent = guest.ask("run", [], {}, 0, 5).seconds
    expect(spent < 1.0 < time.monotonic() - started, "less than 1 second of more than 1.5", spent)


def an_ended_guest_stays_ended(bench: Bench) -> None:
    """Ending twice is ending; asking then is a fault and no exception."""
    with bench.peer("echo") as guest:
        expect(guest.alive, "alive", "not")
        guest.end()
        guest.end()
        expect(not guest.alive, "not alive", "alive")
        fault_of(guest.ask("run", [], {}, 0, 1), "crash")


def a_guest_killed_from_outside_is_a_crash(bench: Bench) -> None:
    """Whoever killed it: the next question has an answer, which says so."""
    with bench.peer("echo"):
        pass  # what a backend keeps running beside its guests is up now
    before = descendants(os.getpid())
    with bench.peer("echo") as guest:
        value_of(guest.ask("run", [], {}, 0, 5))
        mine = descendants(os.getpid()) - before
        expect(mine, "processes of the guest", mine)
        for pid, _ in mine:
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue
        fault_of(guest.ask("run", [], {}, 0, 5), "crash")
        expect(not guest.alive, "not alive", "alive")


def two_guests_at_once_are_apart(bench: Bench) -> None:
    """Each has scratch folders of its own, and both answer."""
    with bench.peer("scratch") as one, bench.peer("scratch") as two:
        counts = [value_of(guest.ask("run", [], {}, 0, 5)) for guest in (one, two, one)]
    expect(counts == [[1, 1], [1, 1], [2, 2]], "counts of their own", counts)


def ten_guests_in_a_row_leave_nothing(bench: Bench) -> None:
    """Each finds its scratch folders empty; no process, descriptor or mount is left."""
    processes, others = descendants(os.getpid()), traces()
    for _ in range(10):
        with bench.peer("scratch") as guest:
            found = value_of(guest.ask("run", [], {}, 0, 5))
            expect(found == [1, 1], "empty scratch folders", found)
    expect(gone(descendants(os.getpid()) - processes, 2.0), "no process left", descendants(os.getpid()) - processes)
    expect(traces() == others, others, traces())


def a_killed_grader_leaves_no_process(bench: Bench) -> None:
    """SIGKILL to the process that grades ends everything inside within two seconds."""
    made, folder = type(bench.sandbox), bench.stage("leaves").folder
    package = str(Path(__file__).parents[2])
    search = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", ""))))
    command = [
        sys.executable,
        "-m",
        "autograder.sandbox.conformance",
        "--hold",
        f"{made.__module__}:{made.__qualname__}",
        str(folder),
    ]
    environment = {**os.environ, "PYTHONPATH": search}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as host:
        said = host.stdout.readline() if host.stdout is not None else b""
        inside = descendants(host.pid)
        host.kill()
    expect(said == b"up\n" and len(inside) >= 4, "a guest and three daemons", inside)
    expect(gone(inside, 2.0), "no process left within 2 seconds", inside)


def descendants(parent: int) -> set[tuple[int, str]]:
    """(process id, start time) of all that descends from this process and lives."""
    facts = {int(entry.name): found for entry in Path("/proc").iterdir() if entry.name.isdigit() and (found := _facts(entry))}
    known, grown = {parent}, True
    while grown:
        grown = bool(more := {pid for pid, (above, _) in facts.items() if above in known} - known)
        known |= more
    return {(pid, facts[pid][1]) for pid in known - {parent}}


def _facts(entry: Path) -> tuple[int, str] | None:
    """(parent, start time) of a live process."""
    try:
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else (int(fields[1]), fields[19])


def gone(processes: Iterable[tuple[int, str]], seconds: float) -> bool:
    """Whether all of these have ended within this time."""
    deadline, left = time.monotonic() + seconds, list(processes)
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = [(pid, start) for pid, start in left if (found := _facts(Path("/proc", str(pid)))) and found[1] == start]
    return not left


def traces() -> tuple[int, int]:
    """Descriptors and mounts of this process."""
    return len(list(Path("/proc/self/fd").iterdir())), len(Path("/proc/self/mountinfo").read_text().splitlines())


def _named(*functions: Case) -> dict[str, Case]:
    return {function.__name__: function for function in functions}


GRADED = _named(
    seeds_decide_what_is_drawn, a_module_is_fresh_at_each_observation, inputs_stay_ours, time_is_measured_outside,
    a_large_request_crosses, weights_are_loaded, missing_weights_are_told, pickled_weights_are_refused,
    a_thread_left_running_costs_nothing, a_missing_guest_is_ours, a_broken_preload_is_ours, a_guest_that_never_comes_up_is_ours,
    a_forged_greeting_is_ours, a_second_answer_is_never_the_next_ones, what_is_kept_of_the_log_is_bounded,
    a_slow_reader_gets_its_request, coming_up_is_not_charged, an_ended_guest_stays_ended, a_guest_killed_from_outside_is_a_crash,
)  # fmt: skip
APART = _named(
    the_deadline_ends_deaf_children_too, daemons_do_not_outlive_their_observation, two_guests_at_once_are_apart,
    ten_guests_in_a_row_leave_nothing, a_killed_grader_leaves_no_process,
)  # fmt: skip
CASES: Mapping[str, Case] = {**VALUES, **FAULTS, **LOGS, **BOUNDS, **HONEST, **GRADED, **PEERS, **APART}
"""Behaviour -> the case that shows it."""
NEED_A_WALL = {
    *APART, *(set(BOUNDS) - {"core_files_are_off", "empty_and_nested_files_in_scratch_work"}), "too_large_a_file_is_an_exception",
    "killing_everyone_costs_one_observation", "a_data_loader_with_workers_works", "the_user_has_a_name",
}  # fmt: skip
CASES_WITHOUT_WALL = frozenset(CASES) - NEED_A_WALL
"""What also holds for one's own code in a plain process."""


def check(sandbox: Sandbox, names: Iterable[str] | None = None) -> dict[str, str]:
    """Behaviour -> nothing, or how it does not hold here."""
    with Bench(sandbox) as bench:
        return {name: failure(bench, name) for name in (CASES if names is None else names)}


def failure(bench: Bench, name: str) -> str:
    """Nothing, or how this behaviour does not hold here."""
    try:
        CASES[name](bench)
    except ConformanceFailure as problem:
        return str(problem)
    except Exception as problem:  # a backend under test may do anything
        return f"{type(problem).__name__}: {problem}"
    return ""


def hold(sandbox: str, folder: str) -> None:
    """Hold a guest until killed: the grader of `a_killed_grader_leaves_no_process`."""
    module, _, name = sandbox.partition(":")
    made = getattr(importlib.import_module(module), name)
    box = made(preload=()) if made is Warm else made()  # the guest is a script without libraries
    guest = box.start(Stage(Path(folder), "leaves", None), POLICY)
    sys.stdout.write("up\n")
    sys.stdout.flush()
    time.sleep(60)
    guest.end()


def main(arguments: list[str]) -> int:
    """What failed, as JSON; the status says whether anything did."""
    if arguments[:1] == ["--hold"]:
        hold(*arguments[1:3])
        return 0
    backend, *names = arguments
    found = check(BACKENDS[backend](), names or None)
    sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
