"""The warm server and its keeper: what they hold, how they end, what their end costs, and that nobody's score depends on them.

A child of the server inherits its memory, and a fork copies one thread only: so the server imports libraries and nothing else, is
one thread, and has asked no device. Its death is ours, never a student's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import test_warm
from support import RIGHT, ROOT
from test_wall import run_inside
from test_warm import DEAF, SANDBOX, eventually, inside, pid_of, started

from autograder.errors import SandboxUnavailable
from autograder.grade import grade
from autograder.observe import policy_of
from autograder.sandbox import cgroups, conformance_cases, selftest, warm_process
from autograder.sandbox.bubblewrap import Bubblewrap
from autograder.sandbox.conformance import descendants, gone
from autograder.sandbox.conformance_cases import Bench, value_of
from autograder.sandbox.places import environment
from autograder.sandbox.warm import PRELOAD, Warm
from autograder.stage import staged
from autograder.submission import Submission

pytestmark = [pytest.mark.wall, pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")]
NUMBERS = {"numbers": [1.0, 2.0]}
wall, spoiled = test_warm.wall, test_warm.spoiled
"""The fixtures; this file has a wall of its own."""


@pytest.fixture
def light():
    """A wall whose server imports nothing, with guests that need nothing: up in no time, and free to be ended."""
    wall = Warm(preload=())
    with Bench(wall) as bench:
        yield bench
    wall.end()


def nothing_of(bench: Bench):
    """A guest that answers None to everything."""
    return bench.sandbox.start(bench.stage("echo"), conformance_cases.POLICY)


# Rule 1: nothing of a submission in the server


def test_the_servers_memory_holds_nothing_of_a_submission(toy, wall):
    canary = "canary" + os.urandom(12).hex()
    run = run_inside(toy, wall, f"mark = '{canary}'; print(mark)")
    assert canary in run.log
    (server,) = wall.servers
    needles = [canary.encode(), canary.encode("utf-16-le"), b"toy.py", str(SANDBOX).encode(), str(toy.course.root).encode()]
    with open(f"/proc/{server}/maps") as maps, open(f"/proc/{server}/mem", "rb", 0) as memory:
        for line in maps:
            words = line.split()
            if not words[1].startswith("rw") or (len(words) > 5 and words[5].startswith("/")):
                continue
            first, last = (int(part, 16) for part in words[0].split("-"))
            memory.seek(first)
            content = memory.read(last - first)
            assert not [needle for needle in needles if needle in content], words


def test_the_server_sees_nothing_of_the_host(toy, wall):
    """Its root has our own files and the libraries, its /proc only itself."""
    (server,) = wall.servers
    if os.geteuid() == 0:  # only root may walk through another process's root
        root = Path(f"/proc/{server}/root")
        assert {path.name for path in (root / "boot").iterdir()} == {"warm_server.py", "warm_wall.py", "warm_calls.py"}
        assert {path.name for path in root.iterdir()} <= selftest.SEEN_AT_ROOT
        assert {path.name for path in (root / "proc").iterdir() if path.name.isdigit()} == {"1"}
    variables = Path(f"/proc/{server}/environ").read_bytes().split(b"\0")
    assert {entry.split(b"=")[0].decode() for entry in variables if entry} == set(environment())


# Rules 2 and 3: one thread at every fork


PARALLEL = """
import torch
print("threads", torch.get_num_threads(), len(os.listdir("/proc/self/task")))
torch.set_num_threads(4)
a = torch.ones(600, 600)
print("sum", float((a @ a).sum()), float(torch.ones(1 << 21).exp().sum()) > 0, "now", len(os.listdir("/proc/self/task")))
"""


def test_the_server_is_one_thread_and_its_guests_may_use_more(toy, wall):
    """A process that was forked after a parallel operation hangs at its next one; with one thread before, the child is free."""
    for _ in range(2):
        run = run_inside(toy, wall, PARALLEL)
        assert "threads 1 1" in run.log and "sum 216000000.0 True" in run.log, (run.answers["mean"], run.log)
        assert int(run.log.split("now ")[1].split()[0]) > 1
    (server,) = wall.servers
    assert len(os.listdir(f"/proc/{server}/task")) == 1
    variables = Path(f"/proc/{server}/environ").read_bytes().split(b"\0")
    assert {b"OMP_NUM_THREADS=1", b"OPENBLAS_NUM_THREADS=1", b"MKL_NUM_THREADS=1"} <= set(variables)


THREAD = "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
TRAPS = {
    "a_thread": (f"{THREAD}\n    gc.freeze()", ()),
    "a_parallel_operation": (
        'torch = sys.modules["torch"]; torch.set_num_threads(2); torch.ones(1 << 22).exp()\n    gc.freeze()',
        ("torch",),
    ),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_what_starts_a_thread_before_the_fork_is_refused(trap, spoiled):
    text, preload = TRAPS[trap]
    assert "more than one thread" in str(spoiled("warm_server.py", "gc.freeze()", text, preload=preload).prove())


def test_threads_are_counted_before_each_fork(spoiled):
    """A thread that starts after the first fork: that server serves nobody else, and the next one does."""
    sent = "socket.send_fds(self.control, [FORKED], [known])"
    wall, seen = spoiled("warm_server.py", sent, f"{sent}\n        {THREAD}"), []
    with Bench(wall) as bench:
        for _ in range(3):
            with bench.peer("echo") as guest:
                seen.append(wall.servers[-1])
                value_of(guest.ask("run", [], {}, 0, 5.0))
    assert len(set(seen)) == 3 and len(wall.servers) == 1


# Rules 4 and 6: what is imported before, and that it asks no device


def test_the_slow_libraries_are_there_when_student_code_starts(toy, wall):
    run = run_inside(toy, wall, f"print('late', [name for name in {PRELOAD!r} if name not in sys.modules])")
    assert "late []" in run.log


NO_DEVICE = """
import importlib, sys
import torch
class Asked(BaseException):
    pass
def trap(*_, **__):
    raise Asked
for owner, names in ((torch._C, [name for name in dir(torch._C) if name.startswith("_cuda_")]),
                     (torch.cuda, ["is_available", "device_count", "_lazy_init", "init", "current_device", "_device_count_nvml"])):
    for name in names:
        if callable(getattr(owner, name, None)) and not isinstance(getattr(owner, name), type):
            setattr(owner, name, trap)
for name in sys.argv[1:]:
    importlib.import_module(name)
torch.set_num_threads(1)
try:
    torch.cuda.is_available()
except Asked:
    print("the trap bites; initialised:", torch.cuda.is_initialized())
"""


def test_no_device_is_asked_before_the_fork():
    """A CUDA context does not survive a fork, and merely counting devices makes one in some versions."""
    variables = {**os.environ, **environment(), "HOME": os.environ.get("HOME", "/tmp"), "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", NO_DEVICE, *PRELOAD], env=variables, capture_output=True, text=True, timeout=120)
    assert done.stdout == "the trap bites; initialised: False\n", done.stderr[-2000:]


# Rule 5: chance


def test_a_guest_draws_by_the_seed_of_the_request_only(toy, wall):
    """Two children of one server inherit the same generators; neither that nor the way of starting shows."""
    source = "import random, numpy, torch\n\n\ndef mean(numbers):\n    return [random.random(), float(numpy.random.rand()), float(torch.rand(1))][int(numbers[0])]\n"
    drawn = {}
    with staged(Submission("x", {"toy.py": source.encode()}), toy.assignment) as stage:
        for name, box in (("first", wall), ("second", wall), ("plain", Bubblewrap())):
            guest = box.start(stage, policy_of(toy.assignment))
            for seed in (11, 12):
                answers = [guest.ask("mean", ["student"], {"numbers": [float(n)]}, seed, 10.0).value for n in range(3)]
                drawn[name, seed] = answers
            guest.end()
    assert drawn["first", 11] == drawn["second", 11] == drawn["plain", 11]
    assert drawn["first", 12] == drawn["second", 12] == drawn["plain", 12]
    assert all(a != b for a, b in zip(drawn["first", 11], drawn["first", 12], strict=True))


# Rule 9: its death, and its replacement


SLEEPY = f"import time\n{RIGHT}".replace(
    "return sum(numbers) / len(numbers)", "time.sleep(1.2)\n    return sum(numbers) / len(numbers)"
)


def observing(server: int) -> bool:
    """Whether a guest of this server is in an observation: its child has made a session of its own, as it has itself."""
    leaders = 0
    for pid, _ in descendants(server):
        with contextlib.suppress(OSError):
            leaders += Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[3] == str(pid)
    return leaders >= 2


def kill_in_the_observation(wall, times: int, killed: list[int], over: threading.Event) -> None:
    """End the current server so many times, each in the middle of an observation."""
    while len(killed) < times and not over.is_set():
        for server in wall.servers[-1:]:
            if server > 0 and server not in killed and observing(server):
                os.kill(server, signal.SIGKILL)
                killed.append(server)
        time.sleep(0.02)


@pytest.mark.parametrize(("times", "score"), [(1, 100), (2, None)], ids=["killed_once", "killed_twice"])
def test_a_server_killed_in_an_observation_costs_no_points(toy, tmp_path, times, score):
    """Once: asked again. Twice: no score, with the reason; never a zero, and everybody else is graded."""
    for student, text in (("ada", SLEEPY), ("bob", RIGHT)):
        (tmp_path / "class" / student).mkdir(parents=True)
        (tmp_path / "class" / student / "toy.py").write_text(text)
    wall, killed, over = Warm(preload=()), [], threading.Event()
    killer = threading.Thread(target=kill_in_the_observation, args=(wall, times, killed, over))
    try:
        assert wall.prove().holds
        killer.start()
        scores = {each.student: each for each in grade(tmp_path / "class", toy, wall, lambda score, _: score)}
    finally:
        over.set()
        killer.join()
        wall.end()
    assert len(killed) == len(set(killed)) == times
    assert (scores["ada"].score, scores["bob"].score) == (score, 100)
    assert scores["ada"].graded is (score is not None)
    if score is None:
        assert "the warm server was ended twice during the observation `mean`" in scores["ada"].reason
        assert scores["ada"].as_json()["score"] is None and scores["ada"].checks == ()


@pytest.mark.parametrize("victim", ["server", "keeper"])
def test_a_killed_server_takes_its_guests_along_and_is_replaced(light, victim):
    guest, (server,) = nothing_of(light), light.sandbox.servers
    keeper = int(Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[1])
    known = descendants(keeper)
    assert len(known) == 2 and guest.alive
    os.kill(server if victim == "server" else keeper, signal.SIGKILL)
    assert gone(known, 1.0) and not guest.alive
    value_of(guest.ask("run", [], {}, 0, 5.0))  # by another guest of another server
    guest.end()
    assert light.sandbox.servers[-1] != server
    assert not inside(light.sandbox)


def test_a_server_that_goes_before_the_guest_is_up_is_ours(light, spoiled):
    """The reason names the server, so that nobody looks for it in the guest."""
    sent = "socket.send_fds(self.control, [FORKED], [known])"
    wall = spoiled("warm_server.py", sent, f"{sent}; os._exit(0)")
    with pytest.raises(SandboxUnavailable, match="the warm server ended while the guest came up"):
        wall.start(light.stage("silent"), conformance_cases.POLICY)


def test_a_server_is_replaced_after_its_share_of_guests():
    wall = Warm(preload=(), renew_after=2)
    try:
        seen = []
        for _ in range(5):
            assert not selftest.missing(wall.launch)
            seen.append(wall.servers[-1])
        assert len(set(seen)) == 3 and len(wall.servers) == 1
    finally:
        wall.end()


def test_without_a_server_the_plain_start_takes_over_or_nothing_does(toy, monkeypatch, tmp_path):
    (tmp_path / "warm_keeper.py").write_text("import sys\nsys.exit('broken')\n")
    monkeypatch.setattr(warm_process, "SCRIPT", tmp_path / "warm_keeper.py")
    alone = Warm(preload=())
    assert "broken" in str(alone.prove())
    with started(alone, toy) as stage:
        with pytest.raises(SandboxUnavailable, match="broken"):
            alone.start(stage, policy_of(toy.assignment))
        guest = Warm(preload=(), cold=Bubblewrap()).start(stage, policy_of(toy.assignment))
        assert guest.ask("mean", ["student"], NUMBERS, 1, 5.0).value == 1.5
        guest.end()


def test_a_folder_that_is_gone_is_ours_and_costs_nobody_the_server(toy, wall):
    with started(wall, toy) as stage:
        before = wall.servers
        with pytest.raises(SandboxUnavailable, match=r"cannot show a folder.*No such file"):
            wall.start(replace(stage, folder=stage.folder / "gone"), policy_of(toy.assignment))
        assert wall.servers == before
        guest = wall.start(stage, policy_of(toy.assignment))
        assert guest.ask("mean", ["student"], NUMBERS, 1, 5.0).value == 1.5 and wall.servers == before
        guest.end()


@pytest.mark.skipif(not cgroups.available(), reason="no control group can be made here")
def test_a_guest_outside_its_control_group_is_not_started(light, monkeypatch):
    """Another grader may sweep an empty group away before the guest is in it; nothing runs unbounded then."""
    real = cgroups.make

    def swept(policy):
        group = real(policy)
        group.remove()
        return group

    monkeypatch.setattr(cgroups, "make", swept)
    with pytest.raises(SandboxUnavailable, match="cannot be put into its control group"):
        nothing_of(light)
    assert not inside(light.sandbox)


HOST = """
import sys, time
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
from autograder.sandbox.contract import Stage
from autograder.sandbox.policy import Policy
from autograder.sandbox.warm import Warm
wall = Warm(preload=())
guest = wall.start(Stage(Path(sys.argv[3]), "toy", None), Policy())
print(wall.servers[0], guest._guest._process.poll(), flush=True)
guest.ask("mean", ["student"], {"numbers": [1.0]}, 1, 60.0)
"""


def test_the_hosts_death_ends_everything(toy):
    source = DEAF + "time.sleep(60)\n"
    with staged(Submission("x", {"toy.py": source.encode()}), toy.assignment) as stage:
        command = [sys.executable, "-c", HOST, str(ROOT), "", str(stage.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as host:
            assert host.stdout.readline().split()[1:] == ["None"]
            assert eventually(lambda: len(descendants(host.pid)) >= 7), "keeper, server, guest, its child and three that are deaf"
            known = descendants(host.pid)
            host.kill()
        assert gone(known, 1.0), known


# Rule 10: one submission, one wall


def test_each_guest_has_namespaces_of_its_own(toy, wall):
    kinds = ("pid", "mnt", "net", "ipc", "uts", "user", "cgroup")
    with started(wall, toy) as stage:
        guests = [wall.start(stage, policy_of(toy.assignment)) for _ in range(2)]
        try:
            known = [*map(pid_of, guests), wall.servers[-1], os.getpid()]
            for kind in kinds:
                seen = [os.stat(f"/proc/{pid}/ns/{kind}").st_ino for pid in known]
                assert len(set(seen[:2])) == 2 and not set(seen[:2]) & set(seen[2:]), (kind, seen)
        finally:
            for guest in guests:
                guest.end()


def test_many_threads_may_start_guests_and_a_thread_may_end_before_its_guest(toy, wall):
    guests, policy = [], policy_of(toy.assignment)
    with started(wall, toy) as stage:
        threads = [threading.Thread(target=lambda: guests.append(wall.start(stage, policy))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(guests) == 4
        time.sleep(0.2)
        answers = [guest.ask("mean", ["student"], NUMBERS, 1, 5.0) for guest in guests]
        assert [answer.value for answer in answers] == [1.5] * 4
        for guest in guests:
            guest.end()
    assert not inside(wall)
