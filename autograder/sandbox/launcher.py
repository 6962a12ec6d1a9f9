"""The launcher: a script between us and bubblewrap. Sets limits, drops to an unprivileged uid, then becomes bubblewrap.

Standard library only. Started by root it first makes a private mount namespace with read-only views of what will be bound, so
that a checkout, a virtual environment or an interpreter below a 0700 home can be shown to a uid that may not walk there;
nobody's home is opened up for it. Instructions and bubblewrap's options come through file descriptors, so
that no path is seen in `ps`.
"""

import ctypes
import json
import os
import resource
import sys

CLONE_NEWNS, MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE, MS_REMOUNT = (
    0x20000, 1, 2, 4, 4096, 16384, 1 << 18, 32,
)  # fmt: skip
PR_SET_NO_NEW_PRIVS = 38
VIEWS = "/mnt"
libc = ctypes.CDLL(None, use_errno=True)


def main():
    with os.fdopen(int(sys.argv[1]), "rb") as stream:
        plan = json.load(stream)
    for path in plan["cgroups"]:
        with open(path, "w") as file:
            file.write("0")  # this process joins before it becomes the guest: writing a pid afterwards is a race
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")  # before the uid changes: afterwards this file is root's
    if plan["uid"] is not None:
        _show(plan["views"])
        os.setgroups([])
        os.setresgid(plan["uid"], plan["uid"], plan["uid"])
        os.setresuid(plan["uid"], plan["uid"], plan["uid"])
    for name, bound in plan["rlimits"].items():
        _limit(getattr(resource, name), bound)
    _checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    for number in plan["keep"]:
        os.set_inheritable(number, True)
    os.chdir("/")
    os.execve(plan["bwrap"], [plan["bwrap"], "--args", str(plan["args"]), "--", *plan["command"]], {})


def _limit(which, bound):
    """Lower a limit; one that is lower already stays."""
    _, hard = resource.getrlimit(which)
    bound = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
    resource.setrlimit(which, (bound, bound))


def _show(views):
    """Bind each source to /mnt/<n> on a tmpfs that only this process and its children see."""
    _checked(libc.unshare(CLONE_NEWNS), "a private mount namespace")
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    # Opened in the new namespace (a mount of the old one cannot be bound here) and before /mnt is covered.
    opened = [os.open(source, os.O_PATH) for source in views]
    _mount("tmpfs", VIEWS, "tmpfs", MS_NOSUID | MS_NODEV, b"mode=755,size=1m")
    for number, descriptor in enumerate(opened):
        target = f"{VIEWS}/{number}"
        os.mkdir(target, 0o755)
        _mount(f"/proc/self/fd/{descriptor}", target, None, MS_BIND | MS_REC)
        _mount("none", target, None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)
        os.close(descriptor)


def _mount(source, target, kind, flags, data=None):
    status = libc.mount(source.encode(), target.encode(), kind.encode() if kind else None, flags, data)
    _checked(status, f"mounting {target}")


def _checked(status, what):
    if status != 0:
        number = ctypes.get_errno()
        sys.exit(f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    main()
