"""The system-call filter behind the namespaces: a deny-list as a BPF program for bubblewrap.

Foreign ABIs are killed, `clone3` fails with ENOSYS so that libc falls back to `clone` (whose flags can be read), sockets are
Unix sockets only. Numbers are the kernel's, per architecture.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Sequence

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

NUMBERS = {
    # name: (x86_64, aarch64); None where the call does not exist
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272), "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "clock_adjtime": (305, 266), "adjtimex": (159, 171), "quotactl": (179, 60), "acct": (163, 89), "syslog": (103, 116),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "memfd_secret": (447, 447),
    "personality": (135, 92), "mbind": (237, 235), "set_mempolicy": (238, 237), "move_pages": (279, 239),
    "migrate_pages": (256, 238), "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "vhangup": (153, 58),
    "lookup_dcookie": (212, 18), "sethostname": (170, 161), "setdomainname": (171, 162),
}  # fmt: skip
SPECIAL = {"clone": (56, 220), "clone3": (435, 435), "socket": (41, 198), "ioctl": (16, 29)}


def program(machine: str | None = None) -> bytes:
    """The filter for this machine's architecture; ValueError for one that we have no numbers for."""
    name = machine or platform.machine()
    if name not in AUDIT:
        raise ValueError(f"no system-call numbers for {name}: expected one of {', '.join(AUDIT)}")
    column = list(AUDIT).index(name)
    special = {call: numbers[column] for call, numbers in SPECIAL.items()}
    code = [(LOAD, 0, 0, ARCHITECTURE), (JUMP_EQUAL, 1, 0, AUDIT[name]), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    if name == "x86_64":
        code += [(JUMP_GREATER_EQUAL, 0, 1, X32), (RETURN, 0, 0, KILL)]
    for numbers in NUMBERS.values():
        number = numbers[column]
        if number is not None:
            code += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, EPERM)]
    code += [(JUMP_EQUAL, 0, 1, special["clone3"]), (RETURN, 0, 0, ENOSYS)]
    code += _when(special["clone"], 0, [(JUMP_SET, 0, 1, NEW_NAMESPACES), (RETURN, 0, 0, EPERM)])
    code += _when(special["socket"], 0, [(JUMP_EQUAL, 1, 0, AF_UNIX), (RETURN, 0, 0, EAFNOSUPPORT)])
    tty = [(JUMP_EQUAL, 1, 0, TIOCSTI), (JUMP_EQUAL, 0, 1, TIOCLINUX), (RETURN, 0, 0, EPERM)]
    code += _when(special["ioctl"], 1, tty)
    code += [(RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


Instruction = tuple[int, int, int, int]


def _when(number: int, argument: int, body: Sequence[Instruction]) -> list[Instruction]:
    """If this call: load one argument, run the body, and allow what the body does not return on."""
    inner = [(LOAD, 0, 0, ARGUMENT[argument]), *body, (RETURN, 0, 0, ALLOW)]
    return [(JUMP_EQUAL, 0, len(inner), number), *inner]
