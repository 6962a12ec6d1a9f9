"""The system-call filter behind the namespaces: an allow-list as a BPF program for bubblewrap and the warm wall.

What is not listed in syscalls.py is refused. Foreign ABIs are killed, `clone3` fails with ENOSYS so that libc falls back to
`clone` (whose flags can be read), sockets are Unix sockets only, an ioctl may not type into a terminal, and files cannot be
locked: `flock` fails with ENOSYS, at which lock libraries give up or take a file of their own (at EPERM some ask for ever).
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Iterable, Iterator, Sequence

from autograder.sandbox.syscalls import ALLOWED, FCNTL, NEWEST, SPECIAL

LOAD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS, EAFNOSUPPORT = (0x00050000 | code for code in (errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT))

NUMBER, ARCHITECTURE, ARGUMENT = 0, 4, (16, 24, 32)
"""Offsets into struct seccomp_data; the low word of each argument."""

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000
NEW_NAMESPACES = 0x7E020000 | 0x00000080
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, NEWTIME."""
AF_UNIX = 1
TIOCSTI, TIOCLINUX = 0x5412, 0x541C

Instruction = tuple[int, int, int, int]
"""Operation, how many to skip if it holds, how many if not, constant."""


def program(machine: str | None = None) -> bytes:
    """The filter for this machine's architecture; ValueError for one that we have no numbers for."""
    name = known(machine)
    code: list[Instruction] = [(LOAD, 0, 0, ARCHITECTURE), (JUMP_EQUAL, 1, 0, AUDIT[name]), (RETURN, 0, 0, KILL)]
    code += [(LOAD, 0, 0, NUMBER)]
    if name == "x86_64":
        code += [(JUMP_GREATER_EQUAL, 0, 1, X32), (RETURN, 0, 0, KILL)]
    code += [(JUMP_GREATER_EQUAL, 0, 1, NEWEST + 1), (RETURN, 0, 0, ENOSYS)]
    code += _special(name)
    for first, last in _ranges(allowed(name).values()):
        # In ascending order: what is below this range and was not in an earlier one is in none.
        code += [(JUMP_GREATER_EQUAL, 1, 0, first), (RETURN, 0, 0, EPERM)]
        code += [(JUMP_GREATER_EQUAL, 1, 0, last + 1), (RETURN, 0, 0, ALLOW)]
    code += [(RETURN, 0, 0, EPERM)]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


def known(machine: str | None) -> str:
    """The architecture named, or that of this machine; ValueError when we have no numbers for it."""
    name = machine or platform.machine()
    if name not in AUDIT:
        raise ValueError(f"no system-call numbers for {name}: expected one of {', '.join(AUDIT)}")
    return name


def allowed(machine: str) -> dict[str, int]:
    """The calls that are allowed whatever their arguments, by name."""
    column = list(AUDIT).index(machine)
    return {call: number for call, numbers in ALLOWED.items() if (number := numbers[column]) is not None}


def _special(machine: str) -> list[Instruction]:
    """Calls that are judged by an argument."""
    number = {call: numbers[list(AUDIT).index(machine)] for call, numbers in SPECIAL.items()}
    tty = [(JUMP_EQUAL, 1, 0, TIOCSTI), (JUMP_EQUAL, 0, 1, TIOCLINUX), (RETURN, 0, 0, EPERM)]
    fcntl = [(JUMP_EQUAL, len(FCNTL) - place, 0, command) for place, command in enumerate(FCNTL)]
    return [
        (JUMP_EQUAL, 0, 1, number["clone3"]), (RETURN, 0, 0, ENOSYS),
        (JUMP_EQUAL, 0, 1, number["flock"]), (RETURN, 0, 0, ENOSYS),
        *_when(number["clone"], 0, [(JUMP_SET, 0, 1, NEW_NAMESPACES), (RETURN, 0, 0, EPERM)]),
        *_when(number["socket"], 0, [(JUMP_EQUAL, 1, 0, AF_UNIX), (RETURN, 0, 0, EAFNOSUPPORT)]),
        *_when(number["ioctl"], 1, tty),
        *_when(number["fcntl"], 1, [*fcntl, (RETURN, 0, 0, EPERM)]),
    ]  # fmt: skip


def _when(number: int, argument: int, body: Sequence[Instruction]) -> list[Instruction]:
    """If this call: load one argument, run the body, and allow what the body does not return on."""
    inner = [(LOAD, 0, 0, ARGUMENT[argument]), *body, (RETURN, 0, 0, ALLOW)]
    return [(JUMP_EQUAL, 0, len(inner), number), *inner]


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The numbers as runs without a gap, in ascending order."""
    run: list[int] = []
    for number in sorted(numbers):
        if run and number != run[-1] + 1:
            yield run[0], run[-1]
            run = []
        run.append(number)
    if run:
        yield run[0], run[-1]
