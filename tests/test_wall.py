"""The wall: what student code can see and do, tried from inside by code that looks for it.

A grader that can be read from inside hands out its answer key. Each test plants what must stay unseen and looks with the student's
eyes. The probing code refuses to run anywhere but behind the wall.
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

import pytest
from support import RIGHT, TOY

from autograder.assignment import load_assignment
from autograder.course import find_course
from autograder.draw import run_seed
from autograder.grade import prepare
from autograder.observe import observe
from autograder.submission import Submission

pytestmark = pytest.mark.wall

GUARD = """
import os, sys
_status = dict(l.split(":\\t", 1) for l in open("/proc/self/status").read().splitlines() if ":\\t" in l)
if os.getuid() == 0 or _status.get("NoNewPrivs") != "1":
    sys.exit("this code runs behind the wall only")
"""


def run_inside(toy, wall, body: str):
    """The run of a submission that executes `body` in the call of `mean` and prints what it finds."""
    lines = "\n    ".join(body.strip().splitlines())
    source = f"{GUARD}\ndef mean(numbers):\n    {lines}\n    sys.stdout.flush()\n    return 1.0\ndef spread(numbers):\n    return 1.0\n"
    submission = Submission("probe", {"toy.py": source.encode()})
    seed = run_seed(toy.course.secret(), submission.digest, toy.assignment.version)
    return observe(submission, toy.assignment, wall, seed, toy.names)


def patient(root, seconds=60):
    """The toy assignment with time for a long search."""
    path = root / "assignments/toy/assignment.yaml"
    path.write_text(path.read_text().replace("observation_seconds: 2, submission_seconds: 20", f"observation_seconds: {seconds}"))
    course = find_course(root)
    return prepare(course, load_assignment(course, "toy"))


def test_no_answer_check_secret_or_other_student_is_readable(wall, toy_root, monkeypatch, tmp_path):
    canary = f"canary-{secrets.token_hex(12)}"
    monkeypatch.setenv("GRADER_TOKEN", canary)
    others = tmp_path / "class" / "other"
    others.mkdir(parents=True)
    (others / "toy.py").write_text(f"# {canary}")
    hidden = toy_root / "assignments/toy/checks_hidden.py"
    hidden.write_text(hidden.read_text() + f"\n# {canary}\n")
    reference = toy_root / "reference_solutions/toy/toy.py"
    reference.write_text(reference.read_text() + f"\n# {canary}\n")
    (toy_root / ".autograder").mkdir(exist_ok=True)
    (toy_root / ".autograder/note").write_text(canary)
    # /bin, /lib and /sbin lead back to /usr, which is the host's system as installed: large, read-only, nothing of a grader.
    run = run_inside(
        patient(toy_root),
        wall,
        f"""
needle = b"canary-" + b"{canary.removeprefix("canary-")}"
places, hits = 0, []
skip = ("/usr", "/packages", "/sys")
for root in sorted({{"/" + name for name in os.listdir("/")}}):
    if "/" + os.path.realpath(root).split("/")[1] in skip:
        continue
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if "/task/" in path or path == "/sub/toy.py":
                continue
            try:
                if not os.path.isfile(path) and not folder.startswith("/proc"):
                    continue
                fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
                try:
                    data = os.read(fd, 1 << 20)
                finally:
                    os.close(fd)
                places += 1
                if needle in data.replace(b"needle", b""):
                    hits.append(path)
            except OSError:
                continue
print("looked at", places, "hits", hits)
for path in {[str(hidden), str(reference), str(others / "toy.py"), str(toy_root / ".autograder/secret")]!r}:
    print(path.split("/")[-1], os.path.exists(path))
print("environ", sorted(os.environ))
""",
    )
    assert run.answers["mean"].value == 1.0, run.answers["mean"]
    assert "hits []" in run.log, run.log
    assert int(run.log.split("looked at ")[1].split()[0]) > 50
    assert "True" not in run.log
    assert "GRADER_TOKEN" not in run.log


def test_nothing_is_writable_but_scratch(toy, wall):
    run = run_inside(
        toy,
        wall,
        """
found = []
for folder in ["/", "/sub", "/boot", "/usr", "/usr/bin", "/packages/0", "/dev", "/proc", "/tmp", "/dev/shm"]:
    try:
        with open(folder + "/x", "w") as f:
            f.write("x")
        found.append(folder)
    except OSError:
        pass
print("writable", found)
""",
    )
    assert "writable ['/tmp', '/dev/shm']" in run.log


def test_no_network_and_no_listener_of_the_host(toy, wall):
    name = f"autograder-test-{secrets.token_hex(6)}"
    with socket.socket(socket.AF_UNIX) as listener, socket.create_server(("127.0.0.1", 0)) as tcp:
        listener.bind(f"\0{name}")
        listener.listen()
        run = run_inside(
            toy,
            wall,
            f"""
import socket
for family in (socket.AF_INET, socket.AF_INET6):
    try:
        socket.create_connection(("127.0.0.1", {tcp.getsockname()[1]}), timeout=1)
        print("reached tcp")
    except OSError as error:
        print("tcp", error.errno)
s = socket.socket(socket.AF_UNIX)
try:
    s.connect("\\0{name}")
    print("reached unix")
except OSError as error:
    print("unix", error.errno)
""",
        )
    assert "reached" not in run.log and "tcp" in run.log and "unix" in run.log


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: an ordinary user's guest runs under that user's uid (degraded)")
def test_the_guest_has_a_uid_of_its_own_as_the_host_sees_it(toy, wall):
    from autograder.sandbox import uids

    run = run_inside(toy, wall, "print('uid', os.getuid(), 'groups', os.getgroups()); open('/proc/1/status')")
    assert "uid 65534 groups []" in run.log
    held = uids.take()
    assert held.number >= 60_000
    held.release()


def test_only_its_own_processes_and_no_privilege(toy, wall):
    run = run_inside(
        toy,
        wall,
        """
print("pids", sorted(int(p) for p in os.listdir("/proc") if p.isdigit()))
print("caps", _status["CapEff"], _status["CapBnd"], "nnp", _status["NoNewPrivs"], "seccomp", _status["Seccomp"])
""",
    )
    pids = eval(run.log.split("pids ")[1].splitlines()[0])
    assert pids[0] == 1 and len(pids) <= 3
    assert "caps 0000000000000000 0000000000000000 nnp 1 seccomp 2" in run.log


def test_what_student_code_leaves_running_is_dead_before_the_next_observation(toy, wall):
    run = run_inside(
        toy,
        wall,
        """
import signal, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            time.sleep(60)
        os._exit(0)
""",
    )
    assert run.answers["mean"].value == 1.0
    assert run.answers["spread"].value == {"value": 1.0, "shifted": 1.0}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("while True: pass", "time"),
        ("import time; time.sleep(60)", "time"),
        ("x = bytearray(4 << 30)", "memory"),
        ("import torch; x = torch.ones(1 << 33)", "memory"),
        ("os._exit(0)", "crash"),
        ("import ctypes; ctypes.string_at(0)", "crash"),
        ("os.kill(1, 9); os.kill(-1, 9)", "raised"),
        ("sys.exit(0)", "raised"),
        ("return object()", "answer"),
        ("return 'x' * 10000", "answer"),
        ("print('y' * (40 << 20), flush=True)", "crash"),
        ("raise NotImplementedError('TODO 1: mean')", "todo"),
    ],
    ids=["loop", "sleep", "heap", "tensor", "exit", "segfault", "kill", "sys_exit", "object", "long_string", "flood", "todo"],
)
def test_a_deed_is_told_by_its_kind_and_costs_one_observation(toy, wall, body, fault):
    run = run_inside(toy, wall, body)
    assert run.answers["mean"].fault == fault, run.answers["mean"]
    assert run.answers["spread"].value == {"value": 1.0, "shifted": 1.0}, run.answers["spread"]
    assert not run.fault


def test_a_process_bomb_stays_inside_and_another_guest_still_starts(toy, wall):
    body = """
children = []
try:
    for _ in range(300):
        pid = os.fork()
        if pid == 0:
            import time; time.sleep(30); os._exit(0)
        children.append(pid)
except OSError as error:
    print("refused after", len(children))
"""
    run = run_inside(toy, wall, body)
    assert int(run.log.split("refused after ")[1].split()[0]) <= 64
    honest = Submission("ada", {"toy.py": RIGHT.encode()})
    seed = run_seed(toy.course.secret(), honest.digest, toy.assignment.version)
    assert not observe(honest, toy.assignment, wall, seed, toy.names).answers["mean"].fault


SUM_BOMBS = {
    "memfd": """
files = []
for number in range(60):
    files.append(os.memfd_create("m"))
    for _ in range(40):
        os.write(files[-1], bytes(1 << 20))
""",
    "processes": """
import mmap, time
for _ in range(6):
    if os.fork() == 0:
        block = mmap.mmap(-1, 400 << 20)
        for page in range(0, 400 << 20, 4096):
            block[page] = 1
        time.sleep(30)
        os._exit(0)
time.sleep(30)
""",
}


@pytest.mark.parametrize("bomb", SUM_BOMBS)
def test_memory_is_bounded_in_sum_and_the_outcome_names_it(wall, toy_root, bomb):
    """memfd escapes every limit on files, and many small processes every limit on one: only a control group sees the sum."""
    from autograder.sandbox import cgroups

    if not cgroups.available():
        pytest.skip("no control group can be made here: the wall says that it is degraded")
    run = run_inside(patient(toy_root, seconds=20), wall, SUM_BOMBS[bomb])
    assert run.answers["mean"].fault in ("memory", "time"), run.answers["mean"]
    if bomb == "memfd":
        assert run.answers["mean"].fault == "memory"
    assert run.answers["spread"].value == {"value": 1.0, "shifted": 1.0}
    assert not [entry for entry in os.listdir("/sys/fs/cgroup/memory") if entry.startswith(f"autograder-{os.getpid()}-")]


def test_scratch_is_bounded(toy, wall):
    run = run_inside(
        toy,
        wall,
        """
written = 0
try:
    for number in range(8):
        with open(f"/tmp/{number}", "wb") as f:
            for _ in range(32):
                f.write(bytes(1 << 20)); f.flush(); written += 1
except OSError as error:
    print("stopped after", written, "MiB")
""",
    )
    assert 32 <= int(run.log.split("stopped after ")[1].split()[0]) <= 64


def test_honest_work_runs_inside(toy, wall):
    """A wall that breaks right answers is as wrong as one that leaks."""
    run = run_inside(
        toy,
        wall,
        """
import torch, numpy, getpass, tempfile
from PIL import Image
from safetensors.torch import save_file, load_file
torch.manual_seed(0)
model = torch.nn.Linear(4, 2)
for _ in range(2):
    model.zero_grad(); model(torch.randn(8, 4)).square().mean().backward()
    with torch.no_grad():
        for p in model.parameters(): p -= 0.1 * p.grad
with tempfile.TemporaryDirectory() as folder:
    save_file(model.state_dict(), folder + "/m.safetensors")
    load_file(folder + "/m.safetensors")
    Image.fromarray(numpy.zeros((8, 8), "uint8")).save(folder + "/x.png")
print("user", getpass.getuser())
import threading
threads = [threading.Thread(target=lambda: sum(range(1000))) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
print("honest work done")
""",
    )
    assert "honest work done" in run.log, (run.answers["mean"], run.log)


def test_a_missing_or_old_bubblewrap_leaves_everything_ungraded(cli, toy_root, tmp_path):
    (tmp_path / "class/ada").mkdir(parents=True)
    (tmp_path / "class/ada/toy.py").write_text(RIGHT)
    path = "/nowhere"
    done = cli("grade", tmp_path / "class", "--assignment", "toy", "--out", tmp_path / "out", cwd=toy_root, env={"PATH": path})
    assert done.returncode == 3
    text = (tmp_path / "out/results.json").read_text()
    assert "bubblewrap (bwrap) is not installed" in text and '"score": null' in text


def test_no_backend_runs_hidden_checks_without_a_wall(cli, toy_root, tmp_path):
    done = cli(
        "grade", TOY, "--assignment", "toy", "--out", tmp_path / "out", "--sandbox", "none", cwd=toy_root
    )  # fmt: skip
    assert done.returncode == 2
    assert "no wall" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "dropped",
    ["--unshare-net", "--unshare-pid", "--clearenv", "--hostname", "--seccomp", "--remount-ro"],
)
def test_the_self_test_notices_each_missing_part(dropped, wall, monkeypatch):
    """A self-test that cannot fail proves nothing: without the option, the property must be reported missing."""
    from autograder.sandbox import bubblewrap

    real = bubblewrap.arguments
    takes = {"--hostname": 1, "--seccomp": 1, "--remount-ro": 1}

    def without(policy, places, filter_fd):
        options, kept, skip = real(policy, places, filter_fd), [], 0
        for option in options:
            if skip:
                skip -= 1
            elif option == dropped:
                skip = takes.get(dropped, 0)
            else:
                kept.append(option)
        return kept

    monkeypatch.setattr(bubblewrap, "arguments", without)
    proof = bubblewrap.Bubblewrap().prove()
    if dropped == "--clearenv":
        assert proof.holds  # the launcher clears the environment too: two measures, either is enough
    else:
        assert not proof.holds, dropped


def test_the_marker_refuses_outside(tmp_path):
    import subprocess
    import sys

    script = Path(tmp_path / "bare.py")
    script.write_text(GUARD + "\nprint('ran')\n")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert done.returncode != 0 and "ran" not in done.stdout
