"""The warm wall, built by the process that will live behind it: root, namespaces, limits, privileges, the filter.

`user_space` and `new_root` are for the warm server, before it becomes clean; `confine` for each child that it forks. Root and an
ordinary user take the same steps; the latter's server has its rights in a user namespace of its own. Standard library only; any
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


def user_space(inside):
    """A user namespace of its own: the caller is `inside` there and has every right over namespaces that it makes in it."""
    uid, gid = os.geteuid(), os.getegid()
    calls.unshare(calls.CLONE_NEWUSER)
    for name, content in (("setgroups", "deny"), ("uid_map", f"{inside} {uid} 1"), ("gid_map", f"{inside} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(content)


def new_root(binds, links, files):
    """A root with nothing but these read-only folders, /dev, /proc and these files in /boot, in a mount namespace of its own.

    The caller is in a new pid namespace already: /proc shows nobody else.
    """
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

    `plan["uid"]`: a uid of the pool, or None where the server is an ordinary user's and has no other uid to give;
    `places`: what the server's root shows and the guest shall see; `trees`: (descriptor, target) of this guest's own folders.
    """
    os.umask(0o022)
    os.setsid()
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    calls.unshare(FORK_SPACES)
    calls.mount("none", "/", None, calls.MS_REC | calls.MS_PRIVATE)
    _skeleton("/tmp", [*((calls.tree(place, device=place == "/dev"), place) for place in places), *trees], links)
    uid = os.getuid() if plan["uid"] is None else plan["uid"]
    _scratch(plan["scratch"], uid)
    _enter()
    calls.attributes(calls.AT_FDCWD, b"/", 0, calls.ATTR_RDONLY | calls.ATTR_NOSUID | calls.ATTR_NODEV)
    socket.sethostname("sandbox")
    for name, bound in plan["rlimits"].items():
        _limit(getattr(resource, name), bound)
    _drop_privileges(uid)
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
    """Another uid if there is one to take, a user namespace of its own (processes are counted there), and no capability in it.

    All other namespaces belong to the server's user namespace, or to the machine's: nothing in this one reaches them.
    """
    if uid != os.getuid():
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    calls.prctl(calls.PR_SET_DUMPABLE, 1)  # else the files that user_space writes are root's
    user_space(INSIDE_UID)
    with open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")
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
