"""The warm wall: the same wall as bubblewrap's, built in a forked child. Every probe and deed of test_wall.py runs behind it too.

Built by root or by an ordinary user, whoever runs this; test_warm_ordinary.py runs it once more as an ordinary user. What is the
server's alone is in test_warm_server.py.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from support import RIGHT, ROOT
from test_wall import (  # noqa: F401  collected again here, with the fixture `wall` below
    SUM_BOMBS,
    patient,
    run_inside,
    test_a_deed_is_told_by_its_kind_and_costs_one_observation,
    test_a_process_bomb_stays_inside_and_another_guest_still_starts,
    test_honest_work_runs_inside,
    test_no_answer_check_secret_or_other_student_is_readable,
    test_no_network_and_no_listener_of_the_host,
    test_nothing_is_writable_but_scratch,
    test_only_its_own_processes_and_no_privilege,
    test_scratch_is_bounded,
    test_the_guest_has_a_uid_of_its_own_as_the_host_sees_it,
)

from autograder.draw import run_seed
from autograder.observe import observe, policy_of
from autograder.sandbox import cgroups, uids, warm_process
from autograder.sandbox.bubblewrap import Bubblewrap
from autograder.sandbox.conformance import descendants
from autograder.sandbox.degraded import OWN_UID
from autograder.sandbox.places import environment
from autograder.sandbox.warm import Warm
from autograder.stage import staged
from autograder.submission import Submission

pytestmark = [pytest.mark.wall, pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")]
SANDBOX = ROOT / "autograder/sandbox"
FILES = ("warm_keeper.py", "warm_server.py", "warm_wall.py", "warm_calls.py")


@pytest.fixture(scope="module")
def wall():
    """The warm wall, proven here."""
    wall = Warm()
    proof = wall.prove()
    if not proof.holds:
        message = f"no warm wall on this machine: {proof}"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    yield wall
    servers = wall.servers
    wall.end()
    assert not [pid for pid in servers if Path(f"/proc/{pid}").exists()]


@pytest.fixture
def spoiled(monkeypatch, tmp_path):
    """The warm wall with a piece of its text replaced."""
    walls = []

    def make(name, old, new, **options):
        for file in FILES:
            text = (SANDBOX / file).read_text()
            if file == name:
                assert old in text
                text = text.replace(old, new)
            (tmp_path / file).write_text(text)
        monkeypatch.setattr(warm_process, "SCRIPT", tmp_path / FILES[0])
        walls.append(Warm(**{"preload": (), **options}))
        return walls[-1]

    yield make
    for each in walls:
        each.end()


def honest(toy) -> tuple[Submission, str]:
    submission = Submission("ada", {"toy.py": RIGHT.encode()})
    return submission, run_seed(toy.course.secret(), submission.digest, toy.assignment.version)


def inside(wall) -> set[tuple[int, str]]:
    """Live processes of every guest of this wall, as the host sees them."""
    return set().union(*(descendants(server) for server in wall.servers))


def started(wall, toy):
    """A context with a stage, to start guests by hand."""
    return staged(honest(toy)[0], toy.assignment)


def pid_of(guest) -> int:
    """The host's number of a guest's first process."""
    return guest._guest._process.pid


def eventually(condition, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_the_self_test_of_the_plain_wall_passes(wall):
    proof = wall.prove()
    assert proof.holds and proof.backend == "warm", proof
    assert proof.degraded == Bubblewrap().prove().degraded
    assert (OWN_UID in proof.degraded) is (os.geteuid() != 0)


PARTS = {
    "net": ("warm_wall.py", "calls.CLONE_NEWNET | ", ""),
    "pid": ("warm_server.py", "self.wall.calls.unshare(self.wall.calls.CLONE_NEWPID)", "pass"),
    "hostname": ("warm_wall.py", 'socket.sethostname("sandbox")', 'socket.sethostname("elsewhere")'),
    "filter": ("warm_wall.py", 'calls.install_filter(bytes.fromhex(plan["filter"]))', "pass"),
    "bounding set": ("warm_wall.py", "calls.prctl(calls.PR_CAPBSET_DROP, capability)", "pass"),
    "uid": ("warm_wall.py", "_drop_privileges(uid)\n    _die", "_die"),
    "new privileges": ("warm_wall.py", "calls.prctl(calls.PR_SET_NO_NEW_PRIVS, 1)", "pass"),
    "descriptors": ("warm_server.py", "close_all_but({", "repr({"),
    "environment": ("warm_keeper.py", 'plan["environment"])', '{**plan["environment"], "TOKEN": "1"})'),
    "size": ("warm_wall.py", "mode=755,size={size},", "mode=755,"),
    "old root": ("warm_wall.py", 'calls.call(calls.libc.umount2(b".", calls.MNT_DETACH), "leaving the old root")', "pass"),
}


@pytest.mark.parametrize("part", PARTS)
def test_the_self_test_notices_each_missing_part(part, spoiled):
    assert not spoiled(*PARTS[part]).prove().holds


ESCAPES = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
attempts = {
    "seccomp": lambda: 0 if _status["Seccomp"].strip() == "0" else -1,
    "user": lambda: libc.unshare(0x10000000), "mounts": lambda: libc.unshare(0x20000), "pids": lambda: libc.unshare(0x20000000),
    "tmpfs": lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None), "bind": lambda: libc.mount(b"/sub", b"/tmp", None, 4096, None),
    "remount": lambda: libc.mount(b"none", b"/sub", None, 4096 | 32, None), "umount": lambda: libc.umount2(b"/sub", 2),
    "hostname": lambda: libc.sethostname(b"x", 1), "chroot": lambda: libc.chroot(b"/tmp"), "trace": lambda: libc.ptrace(16, 1, 0, 0),
    "read": lambda: libc.open(b"/proc/1/mem", 0), "environ": lambda: libc.open(b"/proc/1/environ", 0),
    "root": lambda: libc.open(b"/proc/1/root", 0), "spaces": lambda: libc.open(b"/proc/1/ns/mnt", 0),
    "setns": lambda: libc.setns(libc.open(b"/proc/self/ns/mnt", 0), 0), "more": lambda: libc.open(b"/proc/sys/user/max_user_namespaces", 1),
    "uid": lambda: libc.setresuid(0, 0, 0), "open_tree": lambda: libc.syscall(428, -100, b"/sub", 1),
}
print("done", sorted(name for name, attempt in attempts.items() if attempt() >= 0))
print("namespaces", open("/proc/sys/user/max_user_namespaces").read())
"""


def test_without_the_filter_there_is_still_no_way_out(toy, spoiled):
    """The filter and the loss of every right are two measures: the second holds alone, whoever built the wall."""
    log = run_inside(toy, spoiled(*PARTS["filter"]), ESCAPES).log
    assert "done ['seccomp']" in log and "namespaces 0" in log, log


def test_answers_are_those_of_the_plain_start(toy, wall):
    submission, seed = honest(toy)
    warm = observe(submission, toy.assignment, wall, seed, toy.names)
    plain = observe(submission, toy.assignment, Bubblewrap(), seed, toy.names)
    assert {name: (a.value, a.fault, a.text) for name, a in warm.answers.items()} == {
        name: (a.value, a.fault, a.text) for name, a in plain.answers.items()
    }
    assert warm.log == plain.log


SEEN = """
import json, stat
mounts = sorted((l.split()[4], l.split()[5].split(",")[0], l.split(" - ")[1].split()[0]) for l in open("/proc/self/mountinfo"))
print("SEEN" + json.dumps({
    "mounts": mounts, "root": sorted(os.listdir("/")), "environ": dict(os.environ), "path": sys.path, "cwd": os.getcwd(),
    "fds": sorted(os.readlink(f"/proc/self/fd/{n}").split(":")[0] for n in os.listdir("/proc/self/fd") if os.path.islink(f"/proc/self/fd/{n}")),
    "cmdline": open("/proc/1/cmdline").read().split("\\0"), "cgroup": sorted(set(l.strip().split(":")[2] for l in open("/proc/self/cgroup"))),
    "limits": [l.split() for l in open("/proc/self/limits") if "address space" not in l],
    "ids": [os.getuid(), os.getgid(), os.getgroups(), os.getsid(0) == os.getpid(), list(os.uname())[:2]],
    "status": {k: v for k, v in _status.items() if k.startswith(("Cap", "NoNew", "Seccomp", "Sig", "Shd", "Uid", "Gid", "Groups"))},
    "oom": open("/proc/self/oom_score_adj").read(),
    "owners": [os.stat(place).st_uid for place in ("/tmp", "/dev/shm", "/proc/self")],
    "maps": sorted(set(l.split(None, 5)[5].strip().split("/")[1] for l in open("/proc/self/maps") if "/" in l)) if os.access("/proc/self/maps", 4) else [],
}) + "SEEN")
"""


def test_inside_it_looks_as_behind_the_plain_wall(toy, wall):
    seen = [json.loads(run_inside(toy, each, SEEN).log.split("SEEN")[1]) for each in (wall, Bubblewrap())]
    warm, plain = seen
    assert warm.pop("environ") == environment()
    assert plain.pop("environ").keys() - {"PWD"} == environment().keys()
    server, guest = warm.pop("cmdline"), plain.pop("cmdline")
    assert server[:3] == guest[:3] and server[3] == "/boot/warm_server.py" and server[4].isdigit() and not server[5:-1]
    # The host puts a warm guest into its control group after the guest has made its namespaces, so its neutral name is seen.
    assert all(re.fullmatch(r"(/\.\./\.\.)?/(autograder-\d+-[0-9a-f]{12})?", group) for group in warm.pop("cgroup"))
    assert plain.pop("cgroup") == ["/"]
    missing = {tuple(mount) for mount in plain["mounts"]} - {tuple(mount) for mount in warm["mounts"]}
    assert {place for place, _, _ in missing} <= {"/dev/tty", "/dev/pts", *(f"/dev/{name}" for name in NODES)}
    assert not {place for place, _, _ in warm.pop("mounts")} - {place for place, _, _ in plain.pop("mounts")}
    assert warm == plain


NODES = ("null", "zero", "full", "random", "urandom")


def test_a_planted_file_folder_or_variable_is_not_inherited(toy, tmp_path, monkeypatch):
    canary = f"canary{secrets.token_hex(8)}"
    monkeypatch.setenv("GRADER_TOKEN", canary)
    (tmp_path / canary).write_text(canary)
    held = [os.open(place, os.O_RDONLY) for place in (tmp_path / canary, tmp_path)]
    for descriptor in held:
        os.set_inheritable(descriptor, True)
    wall = Warm(preload=())
    try:
        run = run_inside(toy, wall, SEEN)
        (pid,) = wall.servers
        keeper = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        text = "".join(Path(f"/proc/{pid}/{name}").read_text(errors="replace") for name in ("environ", "cmdline", "mountinfo"))
        links = {who: [os.readlink(f"/proc/{who}/fd/{name}") for name in os.listdir(f"/proc/{who}/fd")] for who in (pid, keeper)}
        variables = Path(f"/proc/{keeper}/environ").read_bytes()
    finally:
        wall.end()
        for descriptor in held:
            os.close(descriptor)
    seen = json.loads(run.log.split("SEEN")[1])
    assert set(seen["fds"]) <= {"/dev/null", "pipe", "socket", "/proc/2/fd"} | {f"/proc/{n}/fd" for n in range(9)}
    assert canary not in run.log + text + str(links) and str(SANDBOX) not in text and not variables
    known = r"/dev/null|socket:.*|anon_inode:\[pidfd\]|pidfd:.*|anon_inode:\[eventpoll\]|/memfd:log.*|pid:.*"
    assert not [link for each in links.values() for link in each if not re.fullmatch(known, link)], links
    assert sum(link.startswith("socket") for link in links[pid]) == sum(link.startswith("socket") for link in links[keeper]) == 1


def test_a_guest_is_up_in_a_moment(toy, wall, capsys):
    with started(wall, toy) as stage:
        policy, spent = policy_of(toy.assignment), []
        for _ in range(10):
            begun = time.monotonic()
            guest = wall.start(stage, policy)
            spent.append(time.monotonic() - begun)
            guest.end()
    with capsys.disabled():
        print(f"\nwarm start: median {statistics.median(spent) * 1000:.0f} ms, slowest {max(spent) * 1000:.0f} ms")
    assert statistics.median(spent) < 0.3


def test_nothing_is_left_of_a_guest(toy, wall):
    mounts = Path("/proc/self/mountinfo").read_text()
    server = wall.servers[-1]
    before = (
        Path(f"/proc/{server}/mountinfo").read_text(),
        len(os.listdir(f"/proc/{server}/fd")),
        len(os.listdir("/proc/self/fd")),
    )
    first = run_inside(toy, wall, "open('/tmp/left', 'w').close(); open('/dev/shm/left', 'w').close()")
    second = run_inside(toy, wall, "print('found', os.listdir('/tmp') + os.listdir('/dev/shm'))")
    assert not first.fault and "found []" in second.log
    assert not inside(wall)
    assert mounts == Path("/proc/self/mountinfo").read_text()
    assert eventually(lambda: not children(server))
    after = Path(f"/proc/{server}/mountinfo").read_text(), len(os.listdir(f"/proc/{server}/fd")), len(os.listdir("/proc/self/fd"))
    assert before == after


def children(pid: int) -> str:
    """Zombies too."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().strip()


DEAF = """
import os, signal, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            time.sleep(60)
        os._exit(0)
"""


def test_what_student_code_leaves_running_is_dead_before_the_next_observation(toy, wall):
    run = run_inside(toy, wall, DEAF)
    assert run.answers["mean"].value == 1.0
    assert run.answers["spread"].value == {"value": 1.0, "shifted": 1.0}
    assert not inside(wall)


def test_two_guests_at_once_have_their_own_uid_and_do_not_see_each_other(toy, wall):
    with started(wall, toy) as stage:
        other = wall.start(stage, policy_of(toy.assignment))
        try:
            status = [line.split() for line in Path(f"/proc/{pid_of(other)}/status").read_text().splitlines()]
            owner = next(int(words[1]) for words in status if words[0] == "Uid:")
            run = run_inside(
                toy,
                wall,
                f"""
print("pids", sorted(int(p) for p in os.listdir("/proc") if p.isdigit()), "map", open("/proc/self/uid_map").read().split())
try:
    os.kill({pid_of(other)}, 9)
    print("killed")
except OSError as error:
    print("refused", error.errno)
""",
            )
            assert other.alive
            assert "refused 3" in run.log and "killed" not in run.log
            assert len(eval(run.log.split("pids ")[1].split(" map")[0])) <= 3
            first, second, count = map(int, eval(run.log.split("map ")[1].splitlines()[0]))
            assert (first, count) == (65534, 1)
            if os.geteuid() == 0:
                assert owner >= uids.FIRST and second >= uids.FIRST and second != owner
            else:  # degraded: the user's own, which is the server's 0
                assert owner == os.getuid() and second == 0
        finally:
            other.end()


FORKS = """
import os, time


def mean(numbers):
    children = []
    try:
        for _ in range(300):
            if (pid := os.fork()) == 0:
                time.sleep(20)
                os._exit(0)
            children.append(pid)
    except OSError:
        pass
    time.sleep(1.0)
    return float(len(children))
"""


def test_processes_are_counted_for_each_guest_alone(toy, wall):
    """Two guests at their limits at once, and others of the same user outside: each gets as many as if it were alone."""
    outside = [subprocess.Popen(["sleep", "60"]) for _ in range(40)]
    policy, answers = replace(policy_of(toy.assignment), processes=48), []
    try:
        with staged(Submission("x", {"toy.py": FORKS.encode()}), toy.assignment) as stage:
            guests = [wall.start(stage, policy) for _ in range(2)]
            asked = {"numbers": [1.0]}
            threads = [
                threading.Thread(target=lambda guest=guest: answers.append(guest.ask("mean", ["student"], asked, 1, 10.0)))
                for guest in guests
            ]
            for step in (threading.Thread.start, threading.Thread.join):
                for thread in threads:
                    step(thread)
            for guest in guests:
                guest.end()
    finally:
        for process in outside:
            process.kill()
            process.wait()
    counts = [answer.value for answer in answers]
    assert counts[0] == counts[1] and 40 <= counts[0] <= 48, answers


def test_memory_is_bounded_in_sum_as_in_the_plain_start(wall, toy_root):
    """memfd escapes every limit on one process; the control group that the host puts the guest into sees it."""
    if not cgroups.available():
        pytest.skip("no control group can be made here: the wall says that it is degraded")
    run = run_inside(patient(toy_root, seconds=20), wall, SUM_BOMBS["memfd"])
    assert run.answers["mean"].fault == "memory", run.answers["mean"]
    assert run.answers["spread"].value == {"value": 1.0, "shifted": 1.0}
