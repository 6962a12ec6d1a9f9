"""The warm wall, built by the process that will live behind it: root, namespaces, limits, privileges, the filter.

`new_root` is for the warm server, before it becomes clean; `confine` for each child that it forks. Standard library only; any
failure is an OSError, and the guest does not come up. Must never run a student's line, or leave a way back to what was before.
"""

import ctypes
import os
import resource
import select
import signal
import socket

import warm_calls as calls

INSIDE_UID = 65534
DEVICES = ("null", "zero", "full", "random", "urandom")
FORK_SPACES = calls.CLONE_NEWNS | calls.CLONE_NEWNET | calls.CLONE_NEWIPC | calls.CLONE_NEWUTS | calls.CLONE_NEWCGROUP


def new_root(binds, links, files):
    """A root with nothing but these read-only folders, /dev, /proc and these files in /boot, in a mount namespace of its own."""
    calls.unshare(calls.CLONE_NEWNS)
    calls.mount("none", "/", None, calls.MS_REC | calls.MS_PRIVATE)
    trees = [(calls.tree(source), target) for source, target in binds]
    nodes = [(name, calls.tree(f"/dev/{name}", device=True)) for name in DEVICES]
    _skeleton("/mnt", trees, links)
    for folder in ("boot", "dev", "proc", "tmp"):
        os.mkdir(folder)
    for name, content in files.items():
        with open(f"boot/{name}", "wb") as file:
            file.write(content)
    _devices(nodes)
    calls.mount("proc", "proc", "proc", calls.MS_NOSUID | calls.MS_NODEV | calls.MS_NOEXEC)
    calls.mount("tmpfs", "tmp", "tmpfs", calls.MS_NOSUID | calls.MS_NODEV, "size=16m")
    _enter()


def confine(plan, places, links, trees, server):
    """Everything between the fork and the guest's first line. The caller is pid 1 of a new pid namespace.

    `places`: what the server's root shows and the guest shall see; `trees`: (descriptor, target) of this guest's own folders.
    """
    os.umask(0o022)
    os.setsid()
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    calls.unshare(FORK_SPACES)
    calls.mount("none", "/", None, calls.MS_REC | calls.MS_PRIVATE)
    _skeleton("/tmp", [*((calls.tree(place, device=place == "/dev"), place) for place in places), *trees], links)
    _scratch(plan["scratch"], plan["uid"])
    _enter()
    calls.attributes(calls.AT_FDCWD, b"/", 0, calls.ATTR_RDONLY | calls.ATTR_NOSUID | calls.ATTR_NODEV)
    socket.sethostname("sandbox")
    for name, bound in plan["rlimits"].items():
        _limit(getattr(resource, name), bound)
    _drop_privileges(plan["uid"])
    _die_with(server)
    calls.prctl(calls.PR_SET_NO_NEW_PRIVS, 1)
    calls.install_filter(bytes.fromhex(plan["filter"]))
    os.chdir("/tmp")


def _skeleton(spot, trees, links):
    """A small tmpfs at `spot` with these folders and links; it is the current folder then."""
    calls.mount("tmpfs", spot, "tmpfs", calls.MS_NOSUID | calls.MS_NODEV, "mode=755,size=1m")
    os.chdir(spot)
    for name in links:
        os.symlink(f"usr/{name}", name)
    for descriptor, target in trees:
        os.makedirs(target.lstrip("/"), exist_ok=True)
        calls.attach(descriptor, target.lstrip("/"))


def _devices(nodes):
    calls.mount("tmpfs", "dev", "tmpfs", calls.MS_NOSUID, "mode=755,size=64k")
    for name, descriptor in nodes:
        with open(f"dev/{name}", "wb"):
            pass
        calls.attach(descriptor, f"dev/{name}")
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink(f"/proc/self/fd{target}", f"dev/{name}")
    os.mkdir("dev/shm")
    calls.attributes(calls.AT_FDCWD, b"dev", 0, calls.ATTR_RDONLY)


def _scratch(size, uid):
    for folder in ("proc", "tmp"):
        os.mkdir(folder)
    calls.mount("proc", "proc", "proc", calls.MS_NOSUID | calls.MS_NODEV | calls.MS_NOEXEC)
    for folder in ("tmp", "dev/shm"):
        calls.mount("tmpfs", folder, "tmpfs", calls.MS_NOSUID | calls.MS_NODEV, f"mode=755,size={size},uid={uid},gid={uid}")


def _enter():
    """The current folder becomes the root; the old root is gone."""
    calls.call(calls.libc.pivot_root(b".", b"."), "entering the root")
    calls.call(calls.libc.umount2(b".", calls.MNT_DETACH), "leaving the old root")
    os.chdir("/")


def _limit(which, bound):
    """Lower a limit; one that is lower already stays."""
    _, hard = resource.getrlimit(which)
    bound = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
    resource.setrlimit(which, (bound, bound))


def _drop_privileges(uid):
    """A uid that nobody has, in a user namespace of its own (processes are counted there), without any capability."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    calls.prctl(calls.PR_SET_DUMPABLE, 1)  # else the files below are root's
    calls.unshare(calls.CLONE_NEWUSER)
    for name, content in (
        ("self/setgroups", "deny"), ("self/uid_map", f"{INSIDE_UID} {uid} 1"), ("self/gid_map", f"{INSIDE_UID} {uid} 1"),
        ("sys/user/max_user_namespaces", "0"),
    ):  # fmt: skip
        with open(f"/proc/{name}", "w") as file:
            file.write(content)
    with open("/proc/sys/kernel/cap_last_cap") as file:
        last = int(file.read())
    for capability in range(last + 1):
        calls.prctl(calls.PR_CAPBSET_DROP, capability)
    calls.prctl(calls.PR_CAP_AMBIENT, calls.AMBIENT_CLEAR_ALL)
    calls.call(
        calls.libc.capset((ctypes.c_uint32 * 2)(calls.CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()), "dropping capabilities"
    )


def _die_with(server):
    """Set after the last change of credentials, which would clear it; then see whether the server went before that."""
    calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
    gone = select.poll()
    gone.register(server, select.POLLIN)
    if gone.poll(0):
        os._exit(1)
    os.close(server)
