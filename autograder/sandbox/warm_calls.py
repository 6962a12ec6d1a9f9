"""System calls that Python has no functions for, as the warm wall needs them. Standard library only; every failure is an OSError.

Used by the keeper, the warm server and its children. Mounts go through file descriptors: a folder of the host is cloned
read-only where it lies, and only the clone is handed on; neither the server nor a guest sees the host's mount table. Flags are
only ever added: an ordinary user may not take one from a mount of the host's.
"""

import ctypes
import os

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE, MS_SLAVE, MNT_DETACH = 2, 4, 8, 16384, 1 << 18, 1 << 19, 2
AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE, CLOEXEC = -100, 0x1000, 0x8000, 0o2000000
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442  # the same on x86_64 and aarch64
OPEN_TREE_CLONE, MOVE_FROM_DESCRIPTOR = 1, 4
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 4, 22, 24, 38, 47
CAPABILITY_VERSION_3, AMBIENT_CLEAR_ALL, FILTER = 0x20080522, 4, 2


libc = ctypes.CDLL(None, use_errno=True)


class MountAttributes(ctypes.Structure):
    """struct mount_attr."""

    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


class Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def tree(path, *, device=False):
    """A descriptor of a detached, private, read-only copy of the mounts below this path."""
    flags = OPEN_TREE_CLONE | AT_RECURSIVE | CLOEXEC
    descriptor = call(libc.syscall(OPEN_TREE, AT_FDCWD, os.fsencode(path), flags), "showing a folder")
    attributes(descriptor, b"", AT_EMPTY_PATH | AT_RECURSIVE, ATTR_RDONLY | ATTR_NOSUID | (0 if device else ATTR_NODEV))
    return descriptor


def unshare(flags):
    """Leave the namespaces of these kinds for new ones."""
    call(libc.unshare(flags), "new namespaces")


def setns(descriptor, kind):
    """Go (back) into a namespace."""
    call(libc.setns(descriptor, kind), "the old namespace")


def install_filter(code):
    """Install the system-call filter; it cannot be taken off."""
    program = Program(len(code) // 8, code)
    call(libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(FILTER), ctypes.byref(program), 0, 0), "the system-call filter")


def attach(descriptor, target):
    """Put a tree there and close its descriptor."""
    what = "placing a folder"
    call(libc.syscall(MOVE_MOUNT, descriptor, b"", AT_FDCWD, os.fsencode(target), MOVE_FROM_DESCRIPTOR), what)
    os.close(descriptor)


def attributes(descriptor, path, flags, wanted):
    """Set attributes of a mount, and make it private."""
    given = MountAttributes(wanted, 0, MS_PRIVATE, 0)
    size = ctypes.sizeof(given)
    call(libc.syscall(MOUNT_SETATTR, descriptor, path, flags, ctypes.byref(given), ctypes.c_size_t(size)), "making it read-only")


def mount(source, target, kind, flags, data=None):
    """Mount by the old call: tmpfs, proc, propagation."""
    given = [text.encode() if text is not None else None for text in (source, target, kind)]
    call(libc.mount(*given, ctypes.c_ulong(flags), data.encode() if data else None), f"mounting {kind or 'nothing'}")


def prctl(option, value):
    """One option, one value."""
    call(libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)), f"prctl {option}")


def call(result, what):
    """The result, or the failure as an OSError."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
