"""The warm wall: the same wall as bubblewrap's, built in a forked child. Every probe and deed of test_wall.py runs behind it too.

What is its own: the server's memory and root hold nothing of a submission, its death is never a student's fault, and the host's death
ends everything.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from support import RIGHT, ROOT
from test_wall import (  # noqa: F401  collected again here, with the fixture `wall` below
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
from autograder.errors import SandboxUnavailable
from autograder.observe import observe, policy_of
from autograder.sandbox import selftest, uids, warm_process
from autograder.sandbox.bubblewrap import Bubblewrap
from autograder.sandbox.places import environment
from autograder.sandbox.warm import Warm
from autograder.stage import staged
from autograder.submission import Submission

pytestmark = [
    pytest.mark.wall,
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="the warm wall needs root on Linux"),
]
SANDBOX = ROOT / "autograder/sandbox"
FILES = ("warm_server.py", "warm_wall.py", "warm_calls.py")


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


def honest(toy) -> tuple[Submission, str]:
    submission = Submission("ada", {"toy.py": RIGHT.encode()})
    return submission, run_seed(toy.course.secret(), submission.digest, toy.assignment.version)


def in_pool(*holders: int) -> list[int]:
    """Live processes of any guest of ours (or of these graders), as the host sees them; other gradings may go on beside us."""
    before = held_by_others(holders)
    found = {uid: uids.processes_of(uid) for uid in range(uids.FIRST, uids.FIRST + 32)}
    others = before | held_by_others(holders)
    return [pid for uid, pids in found.items() if uid not in others for pid in pids]


def held_by_others(holders: tuple[int, ...]) -> set[int]:
    """Uids of the pool that another process has locked."""
    inodes = {path.stat().st_ino: int(path.name) for path in uids.FOLDER.iterdir()}
    locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    owners = {int(words[5].split(":")[2]): int(words[4]) for words in locks if words[1] == "FLOCK"}
    return {uid for inode, uid in inodes.items() if inode in owners and owners[inode] not in (os.getpid(), *holders)}


def started(wall, toy):
    """A context with a stage, to start guests by hand."""
    return staged(honest(toy)[0], toy.assignment)


def pid_of(guest) -> int:
    """The host's number of a guest's first process."""
    descriptor = guest._guest._process._pidfd
    fields = dict(line.split(":\t") for line in Path(f"/proc/self/fdinfo/{descriptor}").read_text().splitlines())
    return int(fields["Pid"])


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


PARTS = {
    "net": ("warm_wall.py", "calls.CLONE_NEWNET | ", ""),
    "pid": ("warm_server.py", "self.wall.calls.unshare(self.wall.calls.CLONE_NEWPID)", "pass"),
    "hostname": ("warm_wall.py", 'socket.sethostname("sandbox")', 'socket.sethostname("elsewhere")'),
    "filter": ("warm_wall.py", 'calls.install_filter(bytes.fromhex(plan["filter"]))', "pass"),
    "bounding set": ("warm_wall.py", "calls.prctl(calls.PR_CAPBSET_DROP, capability)", "pass"),
    "uid": ("warm_wall.py", '_drop_privileges(plan["uid"])', "pass"),
    "new privileges": ("warm_wall.py", "calls.prctl(calls.PR_SET_NO_NEW_PRIVS, 1)", "pass"),
    "descriptors": ("warm_server.py", "close_all_but({", "repr({"),
    "environment": ("warm_server.py", 'plan["environment"])', '{**plan["environment"], "TOKEN": "1"})'),
    "size": ("warm_wall.py", "mode=755,size={size},", "mode=755,"),
    "old root": ("warm_wall.py", 'calls.call(calls.libc.umount2(b".", calls.MNT_DETACH), "leaving the old root")', "pass"),
}


@pytest.mark.parametrize("part", PARTS)
def test_the_self_test_notices_each_missing_part(part, monkeypatch, tmp_path):
    name, old, new = PARTS[part]
    for file in FILES:
        text = (SANDBOX / file).read_text()
        if file == name:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / file).write_text(text)
    monkeypatch.setattr(warm_process, "SCRIPT", tmp_path / "warm_server.py")
    wall = Warm(preload=())
    try:
        assert not wall.prove().holds
    finally:
        wall.end()


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
    "maps": sorted(set(l.split(None, 5)[5].strip().split("/")[1] for l in open("/proc/self/maps") if "/" in l)) if os.access("/proc/self/maps", 4) else [],
}) + "SEEN")
"""


def test_inside_it_looks_as_behind_the_plain_wall(toy, wall):
    seen = [json.loads(run_inside(toy, each, SEEN).log.split("SEEN")[1]) for each in (wall, Bubblewrap())]
    warm, plain = seen
    assert warm.pop("environ") == environment()
    assert plain.pop("environ").keys() - {"PWD"} == environment().keys()
    server, guest = warm.pop("cmdline"), plain.pop("cmdline")
    assert server[:3] == guest[:3] and server[3:5] == ["/boot/warm_server.py", "serve"] and server[5].isdigit()
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
        pid = wall.servers[0]
        text = "".join(Path(f"/proc/{pid}/{name}").read_text(errors="replace") for name in ("environ", "cmdline", "mountinfo"))
        links = [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
    finally:
        wall.end()
        for descriptor in held:
            os.close(descriptor)
    seen = json.loads(run.log.split("SEEN")[1])
    assert set(seen["fds"]) <= {"/dev/null", "pipe", "socket", "/proc/2/fd"} | {f"/proc/{n}/fd" for n in range(9)}
    assert canary not in run.log + text + " ".join(links) and str(SANDBOX) not in text


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
    assert not in_pool()
    assert mounts == Path("/proc/self/mountinfo").read_text()
    assert eventually(lambda: not children(server))
    after = Path(f"/proc/{server}/mountinfo").read_text(), len(os.listdir(f"/proc/{server}/fd")), len(os.listdir("/proc/self/fd"))
    assert before == after


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
    assert not in_pool()


def children(pid: int) -> str:
    """Zombies too."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().strip()


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
            assert owner >= uids.FIRST and other.alive
            assert "refused 3" in run.log and "killed" not in run.log
            assert len(eval(run.log.split("pids ")[1].split(" map")[0])) <= 3
            mine = eval(run.log.split("map ")[1].splitlines()[0])
            assert mine[0] == "65534" and int(mine[1]) >= uids.FIRST and int(mine[1]) != owner
        finally:
            other.end()


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
        answers = [guest.ask("mean", ["student"], {"numbers": [1.0, 2.0]}, 1, 5.0) for guest in guests]
        assert [answer.value for answer in answers] == [1.5] * 4
        for guest in guests:
            guest.end()
    assert not in_pool()


def test_the_servers_memory_holds_nothing_of_a_submission(toy, wall):
    canary = f"canary{secrets.token_hex(12)}"
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


def test_the_servers_death_is_never_the_students(toy, wall):
    (server,) = wall.servers
    killer = threading.Timer(0.7, lambda: os.kill(server, signal.SIGKILL))
    killer.start()
    run = run_inside(toy, wall, "import time; time.sleep(1.5)")
    killer.join()
    assert run.answers["mean"].value == 1.0 and not run.answers["mean"].fault, run.answers["mean"]
    assert wall.servers[-1] != server and not Path(f"/proc/{server}").exists()
    assert not in_pool()


def test_a_killed_server_takes_its_guests_along_and_is_replaced(toy, wall):
    with started(wall, toy) as stage:
        guest = wall.start(stage, policy_of(toy.assignment))
        server = wall.servers[-1]
        os.kill(server, signal.SIGKILL)
        assert eventually(lambda: not guest.alive) and eventually(lambda: not in_pool())
        guest.end()
        again = wall.start(stage, policy_of(toy.assignment))
        assert again.alive and wall.servers[-1] != server
        again.end()


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
    (tmp_path / "warm_server.py").write_text("import sys\nsys.exit('broken')\n")
    monkeypatch.setattr(warm_process, "SCRIPT", tmp_path / "warm_server.py")
    alone = Warm(preload=())
    assert "broken" in str(alone.prove())
    with started(alone, toy) as stage:
        with pytest.raises(SandboxUnavailable, match="broken"):
            alone.start(stage, policy_of(toy.assignment))
        guest = Warm(preload=(), cold=Bubblewrap()).start(stage, policy_of(toy.assignment))
        assert guest.ask("mean", ["student"], {"numbers": [1.0, 2.0]}, 1, 5.0).value == 1.5
        guest.end()
    assert not in_pool()


def test_a_second_thread_in_the_server_is_refused(monkeypatch, tmp_path):
    text = (SANDBOX / "warm_server.py").read_text()
    more = "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n    gc.freeze()"
    (tmp_path / "warm_server.py").write_text(text.replace("gc.freeze()", more, 1))
    for file in FILES[1:]:
        shutil.copy(SANDBOX / file, tmp_path)
    monkeypatch.setattr(warm_process, "SCRIPT", tmp_path / "warm_server.py")
    assert "more than one thread" in str(Warm(preload=()).prove())


HOST = """
import sys, time
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
from autograder.sandbox.contract import Stage
from autograder.sandbox.policy import Policy
from autograder.sandbox.warm import Warm
wall = Warm()
guest = wall.start(Stage(Path(sys.argv[3]), "toy", None), Policy())
print(wall.servers[0], guest._guest._process.poll(), flush=True)
guest.ask("mean", ["student"], {"numbers": [1.0]}, 1, 60.0)
"""


def test_the_hosts_death_ends_everything(toy):
    source = DEAF + "time.sleep(60)\n"
    with staged(Submission("x", {"toy.py": source.encode()}), toy.assignment) as stage:
        command = [sys.executable, "-c", HOST, str(ROOT), "", str(stage.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as host:
            server = int(host.stdout.readline().split()[0])
            assert eventually(lambda: len(in_pool(host.pid)) >= 5), in_pool(host.pid)
            host.kill()
        assert eventually(lambda: not in_pool(host.pid), 1.0), in_pool(host.pid)
        assert eventually(lambda: not Path(f"/proc/{server}").exists() or "Z" in Path(f"/proc/{server}/stat").read_text(), 1.0)


def test_memory_is_bounded_in_sum_as_in_the_plain_start(wall, toy_root):
    """memfd escapes every limit on one process; the control group that the host puts the guest into sees it."""
    from test_wall import SUM_BOMBS, patient, run_inside

    from autograder.sandbox import cgroups

    if not cgroups.available():
        pytest.skip("no control group can be made here")
    run = run_inside(patient(toy_root, seconds=20), wall, SUM_BOMBS["memfd"])
    assert run.answers["mean"].fault == "memory", run.answers["mean"]
    assert run.answers["spread"].value == {"value": 1.0, "shifted": 1.0}
