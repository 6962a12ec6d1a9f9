"""Parts of the wall on their own: bubblewrap's options in their order, the system-call filter, uids, the ordinary user."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from refused_calls import REFUSED
from support import RIGHT, ROOT, TOY

from autograder.sandbox import seccomp, syscalls
from autograder.sandbox.bubblewrap import arguments, rlimits
from autograder.sandbox.places import environment
from autograder.sandbox.policy import Policy

POLICY = Policy(scratch=1 << 20)
PLACES = {"/src/stage/sub": "/sub", "/src/stage/boot": "/boot"}


def test_the_options_come_in_the_order_that_matters():
    options = arguments(POLICY, PLACES, 7)
    text = " ".join(options)
    order = ["--unshare-user", "--proc /proc", "--dev /dev", "--tmpfs /tmp", "--tmpfs /dev/shm", "--remount-ro /dev",
             "--ro-bind /src/stage/sub /sub", "--ro-bind /src/stage/boot /boot", "--remount-ro / ", "--seccomp 7"]  # fmt: skip
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert text.count("--size 1048576 --tmpfs") == 2 == text.count("--tmpfs")


def test_what_must_be_there_is_and_what_must_not_is_not():
    options = arguments(POLICY, PLACES, 7)
    must = {"--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--disable-userns",
            "--die-with-parent", "--new-session", "--as-pid-1", "--clearenv", "--seccomp"}  # fmt: skip
    assert must <= set(options)
    assert not {"--bind", "--dev-bind", "--bind-try", "--share-net", "--privileged", "--cap-add"} & set(options)
    assert options[options.index("--cap-drop") + 1] == "ALL"


def test_nothing_private_is_in_the_environment_or_the_options():
    values = " ".join(environment().values())
    assert os.environ.get("HOME", "/root") not in values.split()
    assert rlimits(POLICY)["RLIMIT_CORE"] == 0


def run_filter(program: bytes, number: int, architecture: int, *arguments: int) -> int:
    """A classic BPF interpreter, enough for our filter: what the kernel would answer."""
    data = struct.pack("<iIQ6Q", number, architecture, 0, *(*arguments, *[0] * (6 - len(arguments))))
    code = [struct.unpack_from("<HBBI", program, i) for i in range(0, len(program), 8)]
    at, value = 0, 0
    while True:
        operation, yes, no, constant = code[at]
        at += 1
        if operation == seccomp.LOAD:
            (value,) = struct.unpack_from("<I", data, constant)
        elif operation == seccomp.RETURN:
            return constant
        else:
            holds = {
                seccomp.JUMP_EQUAL: value == constant,
                seccomp.JUMP_GREATER_EQUAL: value >= constant,
                seccomp.JUMP_SET: bool(value & constant),
            }[operation]
            at += yes if holds else no


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_answers_every_call_as_listed(machine):
    program, column, arch = seccomp.program(machine), list(seccomp.AUDIT).index(machine), seccomp.AUDIT[machine]
    for name, numbers in REFUSED.items():
        if numbers[column] is not None:
            assert run_filter(program, numbers[column], arch) == seccomp.EPERM, name
    listed = {number for numbers in syscalls.ALLOWED.values() if (number := numbers[column]) is not None}
    special = {name: numbers[column] for name, numbers in syscalls.SPECIAL.items()}
    for number in range(1200):
        if number not in special.values():
            other = seccomp.EPERM if number <= syscalls.NEWEST else seccomp.ENOSYS
            assert run_filter(program, number, arch) == (seccomp.ALLOW if number in listed else other), number
    assert run_filter(program, special["clone3"], arch) == seccomp.ENOSYS
    assert run_filter(program, special["clone"], arch, 0x10000000) == seccomp.EPERM  # CLONE_NEWUSER
    assert run_filter(program, special["clone"], arch, 0x003D0F00) == seccomp.ALLOW  # a thread
    assert run_filter(program, special["socket"], arch, 1) == seccomp.ALLOW
    assert run_filter(program, special["socket"], arch, 2) == seccomp.EAFNOSUPPORT
    assert run_filter(program, special["ioctl"], arch, 0, seccomp.TIOCSTI) == seccomp.EPERM
    assert run_filter(program, special["ioctl"], arch, 0, 0x5401) == seccomp.ALLOW
    assert run_filter(program, special["flock"], arch, 3, 2) == seccomp.ENOSYS
    for command in (*range(16), *range(36, 39), *range(1020, 1045)):
        allowed = command in (0, 1, 2, 3, 4, 1030, 1031, 1032, 1033, 1034)  # no lock, lease or notice
        assert run_filter(program, special["fcntl"], arch, 3, command) == (seccomp.ALLOW if allowed else seccomp.EPERM), command
    assert run_filter(program, 0 if machine == "x86_64" else 63, arch) == seccomp.ALLOW  # read
    assert run_filter(program, 0, 0x40000003) == seccomp.KILL  # i386
    if machine == "x86_64":
        assert run_filter(program, 0x40000000 | 272, arch) == seccomp.KILL  # x32


def test_an_unknown_machine_is_refused():
    with pytest.raises(ValueError, match="no system-call numbers for vax"):
        seccomp.program("vax")


@pytest.mark.wall
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become an ordinary user")
def test_an_ordinary_user_can_grade_and_the_result_says_what_is_weaker(wall):
    """The same flow without root: degraded, recorded, and still apart from what only the user may read."""
    with tempfile.TemporaryDirectory(prefix="ordinary") as folder:
        base = Path(folder)
        shutil.copytree(TOY, base / "course", ignore=shutil.ignore_patterns(".autograder", "__pycache__"))
        (base / "class/ada").mkdir(parents=True)
        (base / "class/ada/toy.py").write_text(RIGHT)
        for path in (base, *base.rglob("*")):
            os.chown(path, 12345, 12345)
        become = ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups"]
        reach = subprocess.run(
            [*become, sys.executable, "-c", "import autograder, torch"], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
        )
        if reach.returncode:
            pytest.skip("an ordinary user cannot reach this checkout or its interpreter: it lies below a private folder")
        grade = [sys.executable, "-m", "autograder", "grade", base / "class", "--assignment", "toy", "--out", base / "out"]
        environment = {"PYTHONPATH": str(ROOT), "HOME": str(base), "PATH": os.environ["PATH"]}
        done = subprocess.run([*become, *map(str, grade)], cwd=base / "course", env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        text = (base / "out/results.json").read_text()
        assert '"score": 100' in text and "student code runs under your own uid" in text


@pytest.mark.wall
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: the launcher's private views are root's")
def test_a_course_below_a_private_folder_works_for_root(wall, cli):
    """A checkout in a 0700 home cannot be walked to by the guest's uid; the launcher shows it all the same."""
    with tempfile.TemporaryDirectory(prefix="private") as folder:  # mkdtemp makes it 0700
        base = Path(folder)
        shutil.copytree(TOY, base / "course", ignore=shutil.ignore_patterns(".autograder", "__pycache__"))
        (base / "class/ada").mkdir(parents=True)
        (base / "class/ada/toy.py").write_text(RIGHT)
        done = cli(
            "grade", base / "class", "--assignment", "toy", "--out", base / "out", cwd=base / "course", env={"TMPDIR": str(base)}
        )
        assert done.returncode == 0, done.stderr
        assert '"score": 100' in (base / "out/results.json").read_text()
        assert base.stat().st_mode & 0o777 == 0o700


def test_a_uid_is_given_to_one_guest_at_a_time():
    if os.geteuid() != 0:
        pytest.skip("only root has a pool of uids")
    from autograder.sandbox import uids

    held = [uids.take() for _ in range(3)]
    assert len({uid.number for uid in held}) == 3
    held[0].release()
    again = uids.take()
    assert again.number == held[0].number
    for uid in (*held[1:], again):
        uid.release()
