"""The keeper: the process between host and warm server. It makes the server's namespaces, starts it, and shows folders.

Started by root it makes a mount and a pid namespace; by an ordinary user a user namespace first, in which it may do the same.
The server is the first process of that pid namespace, in a root that holds nothing of the host. The keeper stays where the host's
files are seen, and hands out read-only copies of the mounts that the host names; neither server nor guest is told where they lie.
Must never run a line of the server's or of a student's. Ends when the host or the server ends; its end is the server's.
"""

import json
import os
import select
import signal
import socket
import sys

SHOWN, REFUSED = b"T", b"E"
FILES = ("warm_server.py", "warm_wall.py", "warm_calls.py")


def main():
    """Make the namespaces, start the server, show folders until it is over."""
    os.umask(0o022)
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, folder)
    import warm_wall as wall

    with os.fdopen(int(sys.argv[1]), "rb", closefd=False) as stream:
        plan = json.load(stream)
    try:
        server = start(wall, plan, folder)
    except OSError as error:
        sys.exit(f"the warm wall cannot be built here: {error}")
    for descriptor in (plan["control"], int(sys.argv[1])):
        os.close(descriptor)
    keep(wall, socket.socket(fileno=plan["mounts"]), plan["host"], server)


def start(wall, plan, folder):
    """The number of the server's process, which is the first of its pid namespace."""
    if os.geteuid() != 0:
        wall.user_space(0)  # the kernel gives an ordinary user these rights in here only; an exec keeps them for 0
    wall.calls.unshare(wall.calls.CLONE_NEWNS | wall.calls.CLONE_NEWPID)
    wall.calls.mount("none", "/", None, wall.calls.MS_REC | wall.calls.MS_SLAVE)  # what is mounted outside later is seen here too
    server = os.fork()
    if server == 0:
        try:
            os.close(plan["mounts"])
            wall.calls.prctl(wall.calls.PR_SET_PDEATHSIG, signal.SIGKILL)
            become_server(wall, plan, folder)
        except OSError as error:
            print(f"the warm wall cannot be built here: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(1)
    return server


def become_server(wall, plan, folder):
    """A root of its own, then a new program in it: nothing of this one's memory is left."""
    files = {}
    for name in FILES:
        with open(os.path.join(folder, name), "rb") as file:
            files[name] = file.read()
    wall.new_root(plan["binds"], plan["links"], files)
    plan["places"] = [target for _, target in plan.pop("binds")]
    del plan["mounts"]
    os.ftruncate(int(sys.argv[1]), 0)
    os.pwrite(int(sys.argv[1]), json.dumps(plan).encode(), 0)  # the new program is not told where things lie outside
    command = [plan["interpreter"], "-I", "-B", f"/boot/{FILES[0]}", sys.argv[1]]
    os.execve(command[0], command, plan["environment"])


def keep(wall, mounts, host, server):
    """Show what is asked for; for ever, or until host or server end."""
    known = os.pidfd_open(server)
    poll = select.poll()
    for descriptor in (mounts.fileno(), host, known):
        poll.register(descriptor, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in poll.poll()}
        if known in ready:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(server, 0)[1]) & 255)
        if host in ready or not show(wall, mounts):
            os.kill(server, signal.SIGKILL)  # and with it every guest
            os.waitpid(server, 0)
            os._exit(0)


def show(wall, mounts):
    """Answer one request; False when the host has closed the channel."""
    asked = mounts.recv(1 << 16)
    trees = []
    if not asked:
        return False
    try:
        trees.extend(wall.calls.tree(path) for path in json.loads(asked))
        socket.send_fds(mounts, [SHOWN], trees)
    except OSError as error:
        mounts.send(REFUSED + str(error).encode("utf-8", "replace"))
    finally:
        for tree in trees:
            os.close(tree)
    return True


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main()
