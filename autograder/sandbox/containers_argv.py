"""What docker and podman are told: policy and places -> one argument vector, and the system-call profile as JSON.

Takes a policy, the read-only mounts, an image, an engine and a name; gives lists and text, and starts nothing. Both engines share
every option but the few that their `Engine` names. Must never give a guest a privilege, a writable bind, a host namespace, the
engine's socket or a variable that is not listed: tests/test_containers.py says so option by option.

The profile is the same allow-list as bubblewrap's: what is allowed is in syscalls.py, once.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import SandboxUnavailable
from autograder.sandbox import seccomp, syscalls
from autograder.sandbox.bubblewrap import rlimits
from autograder.sandbox.places import environment
from autograder.sandbox.policy import MIB, Policy

LABEL = "autograder.run"
"""Carries the random number of the run, so that only containers of this run are swept."""

BASE, BASE_GPU = 1024 * MIB, 4096 * MIB
"""What the interpreter and torch take, without and with a CUDA context, before student code adds its own."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What differs between the engines: names and a few options, as data."""

    name: str
    version: str
    """Template of `version --format` that answers only when the engine does."""
    gpu: tuple[str, str]
    """Option and value that show one GPU; `{}` is its number."""
    options: tuple[str, ...] = ()
    """What this engine needs to be as closed as the other one."""


DOCKER = Engine("docker", "{{.Server.Version}}", ("--gpus", "device={}"))
PODMAN = Engine(
    "podman", "{{.Client.Version}}", ("--device", "nvidia.com/gpu={}"),
    # Without these podman makes /run and /var/tmp writable, sets variables of its own and hands on the host's proxy settings.
    ("--read-only-tmpfs=false", "--unsetenv-all", "--http-proxy=false", "--no-hosts"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Launch:
    """What is new for each container."""

    name: str
    run: str
    uid: int
    profile: str
    """Path of the system-call profile."""
    program: str
    """The interpreter inside the image; nothing that the image starts by itself runs."""


def arguments(
    policy: Policy, mounts: Mapping[Path, str], image: str, engine: Engine, launch: Launch, gpu: int | None = None
) -> list[str]:
    """Everything behind the engine's name and before the program's own arguments."""
    memory = str(memory_limit(policy, gpu))
    processes = str(process_limit(policy))
    return [
        "run", "--interactive", "--name", launch.name, "--label", f"{LABEL}={launch.run}",
        "--pull", "never", "--log-driver", "none", "--no-healthcheck",
        "--network", "none", "--ipc", "private", "--cgroupns", "private", "--hostname", "sandbox",
        "--user", f"{launch.uid}:{launch.uid}", "--cap-drop", "ALL",
        "--security-opt", "no-new-privileges", "--security-opt", f"seccomp={launch.profile}",
        "--pids-limit", processes, "--memory", memory, "--memory-swap", memory,
        "--cpus", "1" if gpu is None else "4", "--oom-score-adj", "1000",
        *(part for name, bound in ulimits(policy).items() for part in ("--ulimit", f"{name}={bound}:{bound}")),
        # runc gives /tmp the mode that it has in the image, whatever `mode=` says: the self-test looks whether it is writable.
        "--read-only", "--tmpfs", f"/tmp:rw,size={policy.scratch},nosuid,nodev,noexec", "--shm-size", str(policy.scratch),
        *(part for source, target in mounts.items() for part in ("--mount", mount(source, target))),
        *(part for key, value in environment().items() for part in ("--env", f"{key}={value}")),
        *engine.options,
        *([] if gpu is None else [engine.gpu[0], engine.gpu[1].format(gpu)]),
        "--workdir", "/tmp", "--entrypoint", launch.program, image,
    ]  # fmt: skip


def mount(source: Path, target: str) -> str:
    """A read-only bind. The engines read it as a line of CSV, so a comma would add options of its own."""
    for text in (str(source), target):
        if set(text) & set(",\"'\n\r\0") or not text.startswith("/"):
            raise SandboxUnavailable(
                f"{text!r} cannot be shown in a container: a comma, a quote, or not absolute",
                hint="set TMPDIR to a folder with a plain name",
            )
    return f"type=bind,src={source},dst={target},readonly"


def memory_limit(policy: Policy, gpu: int | None) -> int:
    """Bytes of all processes and both scratch folders together."""
    return (BASE if gpu is None else BASE_GPU) + policy.memory + 2 * policy.scratch


def process_limit(policy: Policy) -> int:
    """Processes and threads of the container; the guest sets the policy's own limit inside."""
    return policy.processes + 16


def ulimits(policy: Policy) -> dict[str, int]:
    """The limits of bubblewrap by the engines' names; processes of this uid, which is no other guest's; no message queues."""
    common = {name.removeprefix("RLIMIT_").lower(): bound for name, bound in rlimits(policy).items()}
    return {**common, "nproc": process_limit(policy), "msgqueue": 0}


def profile(machine: str | None = None) -> str:
    """The allow-list of seccomp.py as the engines' JSON. Architectures that it does not name are killed."""
    name = seccomp.known(machine)
    rules = [
        _allow(seccomp.allowed(name)),
        _refuse(["clone3", "flock"], errno.ENOSYS),
        _allow(["clone"], _when(0, "SCMP_CMP_MASKED_EQ", seccomp.NEW_NAMESPACES, 0)),
        _allow(["socket"], _when(0, "SCMP_CMP_EQ", seccomp.AF_UNIX)),
        _refuse(["socket"], errno.EAFNOSUPPORT, _when(0, "SCMP_CMP_NE", seccomp.AF_UNIX)),
        *(_allow(["ioctl"], condition) for condition in _other_than(seccomp.TIOCSTI, seccomp.TIOCLINUX)),
        *(_allow(["fcntl"], _when(1, "SCMP_CMP_MASKED_EQ", 0xFFFFFFFF, command)) for command in syscalls.FCNTL),
    ]
    own = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}[name]
    default = {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": errno.EPERM}
    return json.dumps({**default, "architectures": [own], "syscalls": rules}, indent=1)


def _other_than(*forbidden: int) -> Iterator[dict[str, Any]]:
    """Conditions of which one holds for every 32-bit number but these.

    The engines compare 64 bits and the kernel reads 32 of an ioctl's number, so "not equal" is passed by setting a higher bit.
    One bit that differs from all of them lets a number through; those that share every common bit are named one by one.
    """
    shared = [bit for bit in range(32) if len({number >> bit & 1 for number in forbidden}) == 1]
    for bit in shared:
        yield _when(1, "SCMP_CMP_MASKED_EQ", 1 << bit, ~forbidden[0] & 1 << bit)
    others = [bit for bit in range(32) if bit not in shared]
    for chosen in range(1 << len(others)):
        number = sum(1 << bit for bit in shared if forbidden[0] >> bit & 1)
        number += sum(1 << bit for place, bit in enumerate(others) if chosen >> place & 1)
        if number not in forbidden:
            yield _when(1, "SCMP_CMP_MASKED_EQ", 0xFFFFFFFF, number)


def _allow(names: Iterable[str], *when: dict[str, Any]) -> dict[str, Any]:
    return {"names": list(names), "action": "SCMP_ACT_ALLOW", "args": list(when)}


def _refuse(names: Iterable[str], code: int, *when: dict[str, Any]) -> dict[str, Any]:
    return {"names": list(names), "action": "SCMP_ACT_ERRNO", "errnoRet": code, "args": list(when)}


def _when(index: int, operator: str, value: int, second: int = 0) -> dict[str, Any]:
    return {"index": index, "value": value, "valueTwo": second, "op": operator}
