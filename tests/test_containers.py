"""The container walls: what the engines are told, a stand-in engine for start and death, and real engines where there are any.

Golden vectors are in tests/golden/containers; `python tests/test_containers.py` writes them anew, and the presence and absence
lists below hold whatever is written there. The stand-in runs the real guest as a plain process, so only our own code goes there.

Real runs need no registry: the image is an empty tree on which this machine's /usr and packages are shown read-only.

- docker: the engine that answers; else, under root with `dockerd` on PATH, one of our own in a temporary folder.
- podman: `podman run --rootfs` with crun, under root, in a mount namespace whose /sys/fs/cgroup is pure cgroup2, because crun
  refuses a mixed tree; hence `--cgroups=disabled` and no memory, pids and cpu options. The proof then says that it is degraded.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from refused_calls import REFUSED
from support import RIGHT, ROOT

from autograder.errors import SandboxUnavailable
from autograder.sandbox import containers, seccomp, syscalls, uids
from autograder.sandbox.bubblewrap import LINKS
from autograder.sandbox.containers import Docker, Podman
from autograder.sandbox.containers_argv import DOCKER, PODMAN, Launch, arguments, memory_limit, profile
from autograder.sandbox.contract import Stage
from autograder.sandbox.places import environment, interpreter, library_binds, library_targets
from autograder.sandbox.policy import MIB, Policy

GOLDEN = Path(__file__).parent / "golden" / "containers"
NEW = Launch("ag0123456789abcdef", "00112233445566aa", 61_100, "/private/w0/calls.json", "/opt/venv/bin/python3")
MOUNTS = {Path("/stages/s1/sub"): "/sub", Path("/stages/s1/boot"): "/boot"}
LONG = {Path("/" + "/".join(["a-rather-long-folder-name"] * 12), part): f"/{part}" for part in ("sub", "boot")}
CASES = {
    "docker_default": (Policy(), MOUNTS, DOCKER, None),
    "docker_tight_memory": (Policy(memory=64 * MIB), MOUNTS, DOCKER, None),
    "docker_large": (Policy(memory=16384 * MIB, scratch=1024 * MIB), MOUNTS, DOCKER, None),
    "docker_short": (Policy(observation_seconds=0.5, submission_seconds=2.0), MOUNTS, DOCKER, None),
    "docker_few_processes": (Policy(processes=1), MOUNTS, DOCKER, None),
    "docker_long_paths": (Policy(), LONG, DOCKER, None),
    "docker_no_mounts": (Policy(), {}, DOCKER, None),
    "docker_gpu": (Policy(), MOUNTS, DOCKER, 0),
    "docker_gpu_long_run": (Policy(observation_seconds=600, submission_seconds=3600), MOUNTS, DOCKER, 3),
    "podman_default": (Policy(), MOUNTS, PODMAN, None),
    "podman_tight_memory": (Policy(memory=64 * MIB), MOUNTS, PODMAN, None),
    "podman_long_paths": (Policy(), LONG, PODMAN, None),
    "podman_gpu": (Policy(), MOUNTS, PODMAN, 1),
}
IMAGE_ID = "sha256:" + "5f" * 32


def vector(case: str) -> list[str]:
    policy, mounts, engine, gpu = CASES[case]
    return arguments(policy, mounts, IMAGE_ID, engine, NEW, gpu)


def pairs(options: list[str]) -> list[tuple[str, str]]:
    return list(itertools.pairwise(options))


@pytest.mark.parametrize("case", CASES)
def test_the_whole_vector_is_as_written_down(case):
    assert "\n".join(vector(case)) + "\n" == (GOLDEN / f"{case}.txt").read_text()


def test_every_vector_that_is_written_down_is_compared():
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_what_must_be_there_is(case):
    policy, mounts, engine, gpu = CASES[case]
    options = vector(case)
    memory = str(memory_limit(policy, gpu))
    must = [
        ("--network", "none"), ("--ipc", "private"), ("--cgroupns", "private"), ("--hostname", "sandbox"), ("--pull", "never"),
        ("--user", "61100:61100"), ("--cap-drop", "ALL"), ("--security-opt", "no-new-privileges"), ("--log-driver", "none"),
        ("--security-opt", "seccomp=/private/w0/calls.json"), ("--memory", memory), ("--memory-swap", memory),
        ("--pids-limit", str(policy.processes + 16)), ("--ulimit", "core=0:0"), ("--ulimit", f"fsize={policy.scratch}:{policy.scratch}"),
        ("--ulimit", "nofile=256:256"), ("--ulimit", "msgqueue=0:0"), ("--shm-size", str(policy.scratch)),
        ("--tmpfs", f"/tmp:rw,size={policy.scratch},nosuid,nodev,noexec"), ("--workdir", "/tmp"), ("--name", NEW.name),
        ("--label", f"autograder.run={NEW.run}"), ("--entrypoint", NEW.program),
    ]  # fmt: skip
    assert not set(must) - set(pairs(options))
    assert {"--read-only", "--interactive", "--no-healthcheck"} <= set(options)
    assert options[0] == "run" and options[-1] == IMAGE_ID
    assert [value for key, value in pairs(options) if key == "--env"] == [f"{k}={v}" for k, v in environment().items()]
    binds = [value for key, value in pairs(options) if key == "--mount"]
    assert len(binds) == len(mounts) and all(bind.startswith("type=bind,src=/") and bind.endswith(",readonly") for bind in binds)
    assert re.search(r"\bcpu=\d+:\d+", " ".join(options))
    if engine is PODMAN:  # else podman opens /run and /var/tmp, sets variables, and hands on the host's proxy
        assert {"--read-only-tmpfs=false", "--unsetenv-all", "--http-proxy=false"} <= set(options)
    shown = [pair for pair in pairs(options) if pair[0] in ("--gpus", "--device")]
    known = {DOCKER: ("--gpus", f"device={gpu}"), PODMAN: ("--device", f"nvidia.com/gpu={gpu}")}
    assert shown == ([] if gpu is None else [known[engine]])


@pytest.mark.parametrize("case", CASES)
def test_what_must_not_be_there_is_not(case):
    options = vector(case)
    never = ("--privileged", "--cap-add", "--volume", "-v", "--tty", "-t", "-it", "--env-file", "--env-host", "--pid", "--uts", "--publish",
             "--userns", "--volumes-from", "--device-cgroup-rule", "--add-host", "--group-add", "--init", "--detach", "--restart", "--rm",
             "--sysctl", "--runtime", "--link", "--ipc=host", "--network=host")  # fmt: skip
    assert not {option.split("=")[0] for option in options if option.startswith("-")} & set(never)
    text = " ".join(options)
    for word in (
        "unconfined",
        "=host",
        " host",
        ".sock",
        "docker.sock",
        "rw,bind",
        "bind-propagation",
        "seccomp=unconfined",
        "label=",
    ):
        assert word not in text.replace("--label autograder.run=", "")
    assert not [value for key, value in pairs(options) if key == "--mount" and not value.endswith(",readonly")]


@pytest.mark.parametrize("name", ["a,readonly=false", 'a"b', "a\nb"])
def test_a_path_that_the_engine_would_read_as_options_is_refused(name):
    with pytest.raises(SandboxUnavailable, match="cannot be shown in a container"):
        arguments(Policy(), {Path("/stages", name): "/sub"}, IMAGE_ID, DOCKER, NEW)


def test_a_gpu_has_no_limit_on_address_space_and_a_cpu_has(tmp_path, monkeypatch):
    """CUDA reserves address space by the terabyte; the container's limit on memory stands alone there."""
    seen = []
    for gpu in (None, 0):
        wall = Docker(gpu=gpu, program="/nowhere")

        def launch(command, binds, policy, channel):
            seen.append(json.loads(command[-1]))
            for end in channel:
                end.close()
            return StopHere()

        monkeypatch.setattr(wall, "launch", launch)
        wall.start(Stage(tmp_path, "toy", None), Policy())
    assert [settings["limits"]["memory"] for settings in seen] == [Policy().memory, 0]
    assert all(settings["channel"] is None for settings in seen)


class StopHere:
    def wait_ready(self) -> None:
        pass


# The system-call profile


def answer(rules: dict, name: str, *values: int) -> str:
    """What the engines' JSON answers to a call: the action, with its error number."""
    compare = {
        "SCMP_CMP_EQ": lambda got, first, second: got == first,
        "SCMP_CMP_NE": lambda got, first, second: got != first,
        "SCMP_CMP_MASKED_EQ": lambda got, first, second: got & first == second,
    }
    given = (*values, *[0] * 6)
    for rule in rules["syscalls"]:
        if name in rule["names"] and all(compare[a["op"]](given[a["index"]], a["value"], a["valueTwo"]) for a in rule["args"]):
            return f"{rule['action']} {rule.get('errnoRet', '')}".strip()
    return f"{rules['defaultAction']} {rules['defaultErrnoRet']}"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_profile_answers_as_the_filter_does(machine):
    """One allow-list, written twice: the answers of the JSON are those of bubblewrap's program."""
    from test_sandbox import run_filter

    rules, program, column = json.loads(profile(machine)), seccomp.program(machine), list(seccomp.AUDIT).index(machine)
    table = {**REFUSED, **syscalls.ALLOWED, **syscalls.SPECIAL}
    tries = [(), (1,), (2,), (10,), (0x10000000,), (0x00020000,), (0x003D0F00,), (17,), (1 << 32 | 2,)]
    tries += [(0, 1 << high | low) for high in (32, 40, 63) for low in range(0x5400, 0x5430)] + [
        (0, low) for low in range(0x5400, 0x5430)
    ]
    tries += (
        [(0, 0x5412 ^ 1 << bit) for bit in range(32)] + [(0, 0x541C ^ 1 << bit) for bit in range(32)] + [(0, 0), (0, 0xFFFFFFFF)]
    )
    tries += [(3, command) for command in (*range(40), *range(1020, 1045), 1 << 32 | 6, 1 << 32 | 3)]
    for name, numbers in table.items():
        if numbers[column] is None:
            continue
        for values in tries:
            code = run_filter(program, numbers[column], seccomp.AUDIT[machine], *values)
            wanted = "SCMP_ACT_ALLOW" if code == seccomp.ALLOW else f"SCMP_ACT_ERRNO {code & 0xFFFF}"
            assert answer(rules, name, *values) == wanted, (name, values)
    assert answer(rules, "ioctl", 0, 0x1_0000_5412) == "SCMP_ACT_ERRNO 1"  # the kernel reads the low 32 bits only
    assert len(rules["architectures"]) == 1  # every other one is killed


def test_an_unknown_machine_has_no_profile():
    with pytest.raises(ValueError, match="no system-call numbers for vax"):
        profile("vax")


# The comparison of what the probe saw

SEEN = {
    "confined": True, "status": {"CapEff": "0000000000000000", "Groups": "61100 "}, "root": ["usr", "etc", "sub", ".dockerenv"],
    "readable": [], "writable": ["/tmp", "/dev/shm"], "environment": {"1": ["PATH", "HOSTNAME"]}, "families": [], "reached": [],
    "descriptors": ["0:/dev/null", "1:pipe", "2:pipe"], "processes": [1], "calls": [], "terminal": False, "hostname": "sandbox",
    "sizes": {"/tmp": 64 * MIB, "/dev/shm": 64 * MIB},
}  # fmt: skip
BROKEN = {
    "W1/W2": {"readable": ["/etc/shadow"]}, "W2": {"root": ["course"]}, "W2/W11": {"writable": ["/tmp", "/run"]},
    "W4": {"environment": {"1": ["HTTP_PROXY"]}}, "W5": {"descriptors": ["4:/var/lib"]}, "W6": {"status": {"CapBnd": "1"}},
    "W7": {"families": ["AF_INET"]}, "W8": {"processes": [1, 9]}, "W9": {"calls": ["bpf"]}, "W11": {"sizes": {"/tmp": 1 << 40}},
    "W18": {"terminal": True}, "W3": {"hostname": "lab7"},
}  # fmt: skip


def test_a_report_without_fault_proves_the_wall():
    assert containers.missing_in(lambda boot, asked: SEEN) == []


@pytest.mark.parametrize("name", BROKEN)
def test_each_property_that_does_not_hold_is_named(name):
    found = containers.missing_in(lambda boot, asked: {**SEEN, **BROKEN[name]})
    assert [line.split(":")[0] for line in found] == [name]


def test_a_guest_with_rights_is_not_asked_for_more():
    found = containers.missing_in(lambda boot, asked: {"confined": False})
    assert found == ["W6: the guest runs as root or may gain privileges"]


# A stand-in engine

ENGINE = '''#!{python}
"""Records what it is told and runs the guest as a plain process that outlives the client, as a container does."""
import json, os, signal, stat, subprocess, sys
from pathlib import Path

home, argv = Path(__file__).parent, sys.argv[1:]
with open(home / "calls", "a") as calls:
    one = os.fstat(0).st_ino == os.fstat(1).st_ino and stat.S_ISSOCK(os.fstat(0).st_mode)
    calls.write(json.dumps({{"argv": argv, "env": dict(os.environ), "channel": one}}) + "\\n")
flags = set((home / "flags").read_text().split())
value = lambda name: argv[argv.index(name) + 1]
if argv[0] == "version":
    sys.exit("no engine answers") if "dumb" in flags else print("9.9")
elif argv[0] == "image":
    sys.exit("no such image") if "bare" in flags else print("{image}")
elif argv[0] == "run":
    if "fail" in flags:
        print("engine: the bind source does not exist", file=sys.stderr)
        sys.exit(125)
    binds = dict(part.split(",")[1:3][::-1] for flag, part in zip(argv, argv[1:]) if flag == "--mount")
    source = {{target[4:]: found[4:] for target, found in binds.items()}}
    settings = json.loads(argv[-1])
    settings.update(boot=source["/boot"], sub=source["/sub"], libraries=[])
    settings["limits"]["processes"] = 0
    guest = subprocess.Popen([sys.executable, "-I", "-B", source["/boot"] + "/guest.py", json.dumps(settings)], start_new_session=True)
    (home / "up" / value("--name")).write_text(json.dumps([guest.pid, value("--label")]))
    sys.exit(guest.wait())
elif argv[0] in ("kill", "rm"):
    for name in argv[1:]:
        place = home / "up" / name
        if name.startswith("-") or not place.exists() or "sticky" in flags:
            continue
        try:
            os.kill(json.loads(place.read_text())[0], signal.SIGKILL)
        except ProcessLookupError:
            pass
        if argv[0] == "rm":
            place.unlink()
elif argv[0] == "ps":
    kind, wanted = value("--filter").split("=", 1)
    for place in (home / "up").iterdir():
        if wanted == (place.name if kind == "name" else json.loads(place.read_text())[1]):
            print(place.name)
'''


class StandIn:
    """The stand-in's folder: its program, what it was told, and what it has running."""

    def __init__(self, home: Path, name: str) -> None:
        self.home, self.program = home, home / name
        (home / "up").mkdir()
        (home / "flags").write_text("")
        self.program.write_text(ENGINE.format(python=sys.executable, image=IMAGE_ID))
        self.program.chmod(0o755)

    def calls(self, verb: str) -> list[dict]:
        told = [json.loads(line) for line in (self.home / "calls").read_text().splitlines()]
        return [call for call in told if call["argv"][0] == verb]

    @property
    def up(self) -> dict[str, int]:
        return {place.name: json.loads(place.read_text())[0] for place in (self.home / "up").iterdir()}


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def dead(pid: int) -> None:
    """A killed process is gone a moment after the call that killed it."""
    wait_for(lambda: not lives(pid), 5)


@pytest.fixture(params=[Docker, Podman], ids=["docker", "podman"])
def stand_in(request, tmp_path, monkeypatch):
    home = tmp_path / "engine"
    home.mkdir()
    engine = StandIn(home, request.param.name)
    monkeypatch.setenv("PATH", f"{home}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GRADER_TOKEN", "canary")
    wall = request.param()
    yield wall, engine
    (home / "flags").write_text("")
    wall.sweep()


def stage_of(folder: Path, source: str) -> Stage:
    stage = Stage(folder, "toy", None)
    for part in (folder, stage.sub, stage.boot):
        part.mkdir(exist_ok=True)
        part.chmod(0o755)
    inside = ROOT / "autograder" / "sandbox"
    for name in ("guest.py", "wire.py", "notebook_source.py"):
        shutil.copyfile(inside / name, stage.boot / name)
    driver = "def mean(student, numbers):\n    return student.mean(numbers)\n"
    for path, text in ((stage.boot / "driver.py", driver), (stage.sub / "toy.py", source)):
        path.write_text(text)
    for path in (*stage.boot.iterdir(), *stage.sub.iterdir()):
        path.chmod(0o644)
    return stage


@pytest.fixture
def plain_folder():
    """A folder that every uid may walk to; pytest's own is private."""
    with tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as folder:
        yield Path(folder)


def ask(guest, seconds: float = 20.0):
    return guest.ask("mean", ["student"], {"numbers": [1.0, 3.0]}, 7, seconds)


def test_a_guest_starts_answers_and_is_killed_by_its_name(stand_in, plain_folder):
    wall, engine = stand_in
    guest = wall.start(stage_of(plain_folder, RIGHT), Policy())
    ((name, pid),) = engine.up.items()
    assert ask(guest).value == 2.0 and guest.alive
    (run,) = engine.calls("run")
    assert run["channel"], "stdin and stdout are the one channel"
    assert "GRADER_TOKEN" not in run["env"] and "canary" not in json.dumps(engine.calls("run"))
    uid = run["argv"][run["argv"].index("--user") + 1].split(":")[0]
    mounts = {plain_folder / "sub": "/sub", plain_folder / "boot": "/boot"}
    profile_path = next(value[8:] for key, value in pairs(run["argv"]) if value.startswith("seccomp="))
    launch = Launch(name, wall._run, int(uid), profile_path, containers.PYTHON)
    assert run["argv"][:-4] == arguments(Policy(), mounts, IMAGE_ID, wall.engine, launch)
    assert json.loads(Path(profile_path).read_text())["defaultAction"] == "SCMP_ACT_ERRNO"
    assert Path(profile_path).parent.stat().st_mode & 0o777 == 0o700
    guest.end()
    assert not engine.up
    dead(pid)
    assert [call["argv"] for call in engine.calls("kill")] == [["kill", name]]
    assert ["rm", "--force", name] in [call["argv"] for call in engine.calls("rm")]
    assert re.fullmatch(r"ag[0-9a-f]{16}", name)


def test_a_guest_that_does_not_answer_is_ended_at_its_deadline(stand_in, plain_folder, monkeypatch):
    from autograder.sandbox import process

    monkeypatch.setattr(process, "GRACE", 0.3)
    wall, engine = stand_in
    guest = wall.start(stage_of(plain_folder, RIGHT), Policy())
    (pid,) = engine.up.values()
    os.kill(pid, signal.SIGSTOP)  # deaf to everything, as a guest that has taken over its supervisor would be
    said = ask(guest, 0.2)
    assert said.fault == "time" and not guest.alive
    assert not engine.up
    dead(pid)


def test_sweeping_removes_what_this_run_started_and_nothing_else(stand_in, plain_folder):
    wall, engine = stand_in
    guest = wall.start(stage_of(plain_folder, RIGHT), Policy())
    (pid,) = engine.up.values()
    (engine.home / "up" / "another").write_text(json.dumps([2**22 - 1, "autograder.run=another"]))
    profile_path = Path(wall.profile)
    wall.sweep()
    dead(pid)
    assert set(engine.up) == {"another"}
    assert not profile_path.exists()
    guest.end()


def test_a_grader_that_just_ends_leaves_no_container(stand_in, plain_folder):
    wall, engine = stand_in
    stage_of(plain_folder, RIGHT)
    program = (
        "import sys; from pathlib import Path; from autograder.sandbox import containers, contract, policy\n"
        f"wall = containers.{type(wall).__name__}()\n"
        f"guest = wall.start(contract.Stage(Path({str(plain_folder)!r}), 'toy', None), policy.Policy())\n"
        "sys.exit(4)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True)
    assert done.returncode == 4, done.stderr
    assert engine.calls("run") and not engine.up


def test_an_engine_that_fails_before_the_guest_is_up_is_our_fault(stand_in, plain_folder):
    wall, engine = stand_in
    (engine.home / "flags").write_text("fail")
    with pytest.raises(SandboxUnavailable, match="the bind source does not exist"):
        wall.start(stage_of(plain_folder, RIGHT), Policy())
    proof = wall.prove()
    assert not proof.holds and "the probe did not report" in proof.missing[0]


def test_a_container_that_cannot_be_removed_stops_the_grading(stand_in, plain_folder, monkeypatch):
    wall, engine = stand_in
    monkeypatch.setattr(containers, "REMOVAL", 0.2)
    guest = wall.start(stage_of(plain_folder, RIGHT), Policy())
    (engine.home / "flags").write_text("sticky")
    guest.end()
    with pytest.raises(SandboxUnavailable, match="student code may still be running"):
        wall.start(stage_of(plain_folder, RIGHT), Policy())


def test_without_an_engine_or_an_image_nothing_is_proven(stand_in):
    wall, engine = stand_in
    name = wall.name
    gone = type(wall)(program=str(engine.home / "nowhere"))
    assert gone.prove().missing == (f"{name} is not installed or its engine does not answer",)
    (engine.home / "flags").write_text("dumb")
    assert wall.prove().missing == (f"{name} is not installed or its engine does not answer",)
    assert f"{name} version" in wall.prove().hint
    (engine.home / "flags").write_text("bare")
    assert wall.prove().missing == ("the image autograder-guest is not on this machine",)
    assert f"{name} build --target guest" in wall.prove().hint


# Real engines

SHOWN = {Path("/usr"): "/usr", **library_binds()}


def skeleton(folder: Path) -> Path:
    """An image without content: this machine's /usr and packages are shown on it."""
    for target in ("proc", "sys", "dev", "etc", "run", "tmp", "sub", "boot", *(place[1:] for place in SHOWN.values())):
        (folder / target).mkdir(parents=True, exist_ok=True)
    for link in LINKS:
        (folder / link).symlink_to(f"usr/{link}")
    for place in folder.rglob("*"):
        if not place.is_symlink():
            place.chmod(0o755)
    (folder / "tmp").chmod(0o1777)
    (folder / "var/tmp").mkdir(parents=True)  # every image has it, and only --read-only closes it
    (folder / "var/tmp").chmod(0o1777)
    return folder


def bare(kind, image: str, **more):
    return kind(image, python=interpreter(), libraries=library_targets(), shown=SHOWN, **more)


class RootfsPodman(Podman):
    """The same vector on a folder instead of an image, less the options that need writable cgroups."""

    left_out = ("--memory", "--memory-swap", "--pids-limit", "--cpus")

    @property
    def image(self) -> str:
        return self._image

    def options(self, policy, mounts, launch):
        options = super().options(policy, mounts, launch)
        for name in self.left_out:
            at = options.index(name)
            del options[at : at + 2]
        return ["run", "--rootfs", "--cgroups=disabled", *options[1:]]


@pytest.fixture(scope="session")
def podman_wall(tmp_path_factory):
    if os.geteuid() != 0 or not (shutil.which("podman") and shutil.which("crun")):
        pytest.skip("NOT PROVEN HERE: podman needs root, podman and crun (apt-get install podman crun)")
    folder = tmp_path_factory.mktemp("podman")
    program = folder / "podman"
    pure = "umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup"
    own = " ".join(f"--{name} {folder / name}" for name in ("root", "runroot", "tmpdir"))
    command = f'{pure}; exec {shutil.which("podman")} --runtime crun {own} "$@"'
    program.write_text(f"#!/bin/sh\nexec unshare --mount --propagation private sh -c '{command}' podman \"$@\"\n")
    program.chmod(0o755)
    wall = bare(RootfsPodman, str(skeleton(folder / "image")), program=str(program))
    yield wall
    wall.sweep()


@pytest.fixture(scope="session")
def docker_wall(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docker")
    with pytest.MonkeyPatch.context() as patch:
        daemon = None
        if shutil.which("docker") is None:
            pytest.skip("NOT PROVEN HERE: no docker")
        if subprocess.run(["docker", "version"], capture_output=True).returncode:
            daemon = own_daemon(folder)
            patch.setenv("DOCKER_HOST", f"unix://{folder}/engine.sock")
        try:
            wait_for(lambda: subprocess.run(["docker", "version"], capture_output=True).returncode == 0, 20)
            content = subprocess.run(["tar", "-C", str(skeleton(folder / "image")), "-c", "."], capture_output=True, check=True)
            made = subprocess.run(["docker", "import", "-"], input=content.stdout, capture_output=True, check=True)
            image = made.stdout.decode().strip()
            wall = bare(Docker, image)
            yield wall
            wall.sweep()
            subprocess.run(["docker", "image", "rm", "--force", image], capture_output=True)
        finally:
            if daemon is not None:
                daemon.terminate()
                daemon.wait(timeout=30)


def own_daemon(folder: Path) -> subprocess.Popen:
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("NOT PROVEN HERE: no docker engine answers, and none can be started (root and dockerd)")
    where = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
    command = ["dockerd", "--host", f"unix://{folder}/engine.sock", *(f"--{key}={folder / name}" for key, name in where.items())]
    command += ["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs"]
    with open(folder / "log", "wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def wait_for(holds, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture(params=["docker", "podman"])
def real(request):
    return request.getfixturevalue(f"{request.param}_wall")


def call(wall, *command: str) -> str:
    return subprocess.run([wall.program, *command], capture_output=True, text=True, env=wall._environment()).stdout.strip()


def names(wall) -> list[str]:
    return call(wall, "ps", "--all", "--quiet", "--filter", f"label=autograder.run={wall._run}").split()


GUARD = """
import os, sys
_status = dict(l.split(":\\t", 1) for l in open("/proc/self/status").read().splitlines() if ":\\t" in l)
if os.getuid() == 0 or _status.get("NoNewPrivs") != "1":
    sys.exit("this code runs behind the wall only")
"""


def submission(body: str) -> str:
    lines = "\n    ".join(body.strip().splitlines())
    pause = "sys.stdout.flush(); __import__('time').sleep(0.3)  # what is printed takes the engine's way"
    return f"{GUARD}\ndef mean(numbers):\n    {lines}\n    {pause}\n    return sum(numbers) / len(numbers)\n"


@pytest.mark.wall
def test_the_real_engine_passes_the_self_test(real, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://canary")
    fresh = bare(type(real), real._image, program=real.program)
    proof = fresh.prove()
    assert proof.missing == (), proof
    if real.name == "docker":
        assert proof.degraded == (), proof
    assert proof.version and not names(fresh)
    fresh.sweep()


@pytest.mark.wall
def test_each_option_that_is_taken_away_is_noticed(real):
    """Else the self-test is blind. Options that two others back up are not in this list."""
    changes = {
        "--read-only": [],
        "--network": ["--network", "host"],
        "--user": [],
        "--hostname": [],
        "seccomp": [],
        "--tmpfs": [],
    }
    for option, instead in changes.items():

        class Weaker(type(real)):
            def options(self, policy, mounts, launch, option=option, instead=instead):
                options = super().options(policy, mounts, launch)
                at = next(i for i, text in enumerate(options) if text.startswith(option)) - (option == "seccomp")
                return [*options[:at], *instead, *options[at + (1 if option == "--read-only" else 2) :]]

        wall = bare(Weaker, real._image, program=real.program)
        try:
            found = [*containers.missing_in(wall._probe), *containers._wrong_limits(wall._limits())]
        except SandboxUnavailable as error:
            found = [f"it does not start: {error}"]
        wall.sweep()
        print(option, found)
        assert found and "does not start" not in found[0], f"without {option} nothing is missed: {found}"


@pytest.mark.wall
def test_the_real_engine_runs_honest_work(real, plain_folder):
    body = """
import getpass, tempfile, threading, numpy, torch
from PIL import Image
from safetensors.torch import load_file, save_file
model = torch.nn.Linear(4, 2)
step = torch.optim.Adam(model.parameters())
model(torch.ones(8, 4)).square().mean().backward(); step.step()
with tempfile.TemporaryDirectory() as folder:
    save_file(model.state_dict(), folder + "/m.safetensors"); load_file(folder + "/m.safetensors")
    Image.fromarray(numpy.zeros((8, 8), "uint8")).save(folder + "/x.png")
batches = list(torch.utils.data.DataLoader(list(range(8)), batch_size=2, num_workers=2))
threads = [threading.Thread(target=lambda: sum(range(1000))) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
print("user", getpass.getuser(), "batches", len(batches), "x" * 100000)
"""
    guest = real.start(stage_of(plain_folder, submission(body)), Policy(scratch=128 * MIB))
    said = ask(guest, 60)
    guest.end()
    log = guest.log
    assert said.value == 2.0, (said, log)
    assert "user student batches 4" in log
    assert not names(real)


@pytest.mark.wall
def test_the_real_guest_as_the_host_sees_it_and_what_it_sees(real, plain_folder):
    name = f"autograder-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener, socket.create_server(("127.0.0.1", 0)) as tcp:
        listener.bind(f"\0{name}")
        listener.listen()
        body = f"""
import socket
def tried(deed):
    try:
        return deed()
    except OSError as error:
        return "errno %s" % error.errno
print("tcp", tried(lambda: socket.create_connection(("127.0.0.1", {tcp.getsockname()[1]}), timeout=1)))
print("unix", tried(lambda: socket.socket(socket.AF_UNIX).connect("\\0{name}")))
print("pids", sorted(int(p) for p in os.listdir("/proc") if p.isdigit()))
print("writable", [p for p in ("/", "/sub", "/boot", "/usr", "/etc", "/run", "/var", "/dev", "/dev/mqueue", "/sys") if
    not str(tried(lambda: os.open(p + "/x", os.O_CREAT | os.O_WRONLY, 0o600))).startswith("errno")])
print("table", open("/proc/self/mountinfo").read())
print("environ", sorted(os.environ))
"""
        guest = real.start(stage_of(plain_folder, submission(body)), Policy())
        (container,) = names(real)
        pid = int(call(real, "inspect", "--format", "{{.State.Pid}}", container))
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
        said = ask(guest)
        guest.end()
        log = guest.log
    seen = {status["Uid"].split()[0], *status["Groups"].split()}
    assert len(seen) == 1 and int(seen.pop()) >= (uids.FIRST if os.geteuid() == 0 else 20_000)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert not [key for key in status if key.startswith("Cap") and int(status[key], 16)]
    assert said.value == 2.0, (said, log)
    assert "tcp errno" in log and "unix errno" in log and "writable []" in log
    assert eval(log.split("pids ")[1].splitlines()[0])[0] == 1
    # The one exception of W3 is the interpreter's own path, which may lie in the checkout.
    assert "GRADER_TOKEN" not in log and str(ROOT) not in log.replace(str(ROOT / ".venv"), "")
    dead(pid)


@pytest.mark.wall
def test_what_is_left_running_is_dead_before_the_next_observation(real, plain_folder):
    """The reason why there is no `--init`: only as process 1 can the guest end what has left its session."""
    body = """
import signal, time
if os.path.exists("/tmp/second"):
    time.sleep(0.2)
    others = [p for p in os.listdir("/proc") if p.isdigit() and int(p) not in (1, os.getpid())]
    raise ValueError("still there: %s" % others if others else "alone")
open("/tmp/second", "w").close()
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
        os._exit(0)
"""
    guest = real.start(stage_of(plain_folder, submission(body)), Policy())
    first, second = ask(guest), ask(guest)
    guest.end()
    assert first.value == 2.0, first
    assert "alone" in second.text, second


@pytest.mark.wall
def test_the_real_guest_is_ended_at_its_deadline_by_name(real, plain_folder, monkeypatch):
    from autograder.sandbox import process

    monkeypatch.setattr(process, "GRACE", 2.0)
    guest = real.start(stage_of(plain_folder, submission("while True: pass")), Policy())
    (container,) = names(real)
    assert ask(guest, 0.5).fault == "time" and guest.alive  # told by the supervisor inside
    pid = int(call(real, "inspect", "--format", "{{.State.Pid}}", container))
    call(real, "kill", "--signal", "STOP", container)
    assert ask(guest, 0.5).fault == "time" and not guest.alive  # ended from outside
    assert not names(real)
    dead(pid)


@pytest.mark.wall
@pytest.mark.parametrize("how", ["memory", "processes"])
def test_bombs_stay_inside(docker_wall, plain_folder, how):
    """memfd escapes every limit of a single process, and the engine's counter names the cause; forks meet a limit of their own."""
    body = {
        "memory": """
files = []
for number in range(40):
    files.append(os.memfd_create("m"))
    for _ in range(40):
        os.write(files[-1], bytes(1 << 20))
print("all written")
""",
        "processes": """
import time
children = []
try:
    for _ in range(300):
        pid = os.fork()
        if pid == 0:
            time.sleep(30); os._exit(0)
        children.append(pid)
except OSError:
    print("refused after", len(children))
""",
    }[how]
    policy = replace(Policy(), memory=128 * MIB, scratch=64 * MIB)
    guest = docker_wall.start(stage_of(plain_folder, submission(body)), policy)
    said = ask(guest, 20)
    guest.end()
    log = guest.log
    if how == "memory":
        assert said.fault == "memory" and "all written" not in log, (said, log)
    else:
        assert said.value == 2.0 and int(log.split("refused after ")[1].split()[0]) <= 64
    assert not names(docker_wall)


# The image


def instructions(target: str) -> list[str]:
    """The Dockerfile's instructions of one target and of those that it builds on, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.M).replace("\\\n", " ")
    stages: dict[str, tuple[str, list[str]]] = {}
    head: list[str] = []
    here = head
    for line in filter(None, map(str.strip, text.splitlines())):
        found = re.fullmatch(r"FROM (\S+) AS (\S+)", line)
        if found:
            here = []
            stages[found[2]] = (found[1], here)
        else:
            assert not line.startswith("FROM"), "every stage has a name"
            here.append(line)
    lines: list[str] = []
    while target in stages:
        target, own = stages[target]
        lines = own + lines
    return [*head, f"FROM {target}", *lines]


@pytest.mark.parametrize("target", ["guest", "grader"])
def test_the_image_is_pinned_and_not_root(target):
    lines = instructions(target)
    base = next(line for line in lines if line.startswith("ARG BASE="))
    assert re.fullmatch(r"ARG BASE=debian:\S+-slim@sha256:[0-9a-f]{64}", base)
    assert "FROM ${BASE}" in lines
    users = [line.split()[1] for line in lines if line.startswith("USER")]
    assert (
        users
        and users[-1] not in ("root", "0")
        and not [line for line in lines[lines.index(f"USER {users[-1]}") :] if line.startswith("RUN")]
    )
    assert not [line for line in lines if line.startswith("ADD")]
    installs = [line for line in lines if "pip install" in line or "uv pip" in line]
    assert installs and all("constraints.txt" in line for line in installs)
    assert not [line for line in lines if re.search(r"curl|wget|https?://", line)]


def test_student_code_sees_no_package_no_assignment_and_no_answer():
    copies = [line for line in instructions("guest") if line.startswith("COPY")]
    assert copies and not [line for line in copies if re.search(r"reference|assignments|course|autograder|\s\.\s", line)]
    assert not [line for line in instructions("guest") if line.startswith(("ENV", "HEALTHCHECK", "VOLUME"))]


def test_the_grader_holds_no_answers_and_says_whether_it_is_well():
    lines = instructions("grader")
    assert not [line for line in lines if line.startswith("COPY") and "reference_solutions" in line]
    assert [line for line in lines if line.startswith("HEALTHCHECK") and '"autograder", "doctor"' in line]
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", "reference_solutions", "out", ".autograder"} <= set(ignored)


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for each in CASES:
        (GOLDEN / f"{each}.txt").write_text("\n".join(vector(each)) + "\n")
