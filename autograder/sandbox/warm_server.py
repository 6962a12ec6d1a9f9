"""The warm server: a clean process that has imported the libraries and forks a walled child for each guest.

The keeper made its root, which holds nothing of the host, and its pid namespace, whose first process it is. It imports, then
waits. A request is one byte and some descriptors: plan, channel, stdout, stderr, folders; only the child reads the plan, so the
server's memory, which every child inherits, never holds one. Must never hold a path of the stage, a seed, a submission or an
answer. Ends when host or keeper end; the kernel ends its children with it.
"""

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
import types

REQUEST, UP, FORKED, REFUSED = b"G", b"R", b"P", b"E"
MOST_DESCRIPTORS = 32


def main():
    """Read the plan and serve."""
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, folder)
    import warm_wall

    sys.path.remove(folder)
    with os.fdopen(int(sys.argv[1]), "rb") as stream:
        stream.seek(0)
        plan = json.load(stream)
    serve(warm_wall, plan)


def serve(wall, plan):
    """Import, say so, fork on request; for ever."""
    path, variables = list(sys.path), dict(os.environ)
    sys.path += plan["libraries"]
    for name in plan["preload"]:
        importlib.import_module(name)
    sys.path[:] = path
    os.environ.clear()  # some imports set variables
    os.environ.update(variables)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    gc.collect()
    gc.freeze()  # a child's collector need not touch, and so copy, what was imported
    server = Server(wall, plan)
    socket.send_fds(server.control, [UP], [server.myself])
    while True:
        server.turn()


class Server:
    """What the loop keeps: the control socket, descriptors of the host, of itself, of its pid namespace, of its children."""

    def __init__(self, wall, plan):
        self.wall = wall
        self.places, self.links = [*plan["places"], "/dev"], plan["links"]
        self.control = socket.socket(fileno=plan["control"])
        self.children = {}
        self.own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self.myself = os.pidfd_open(os.getpid())
        self.host = plan["host"]
        self.poll = select.poll()
        for descriptor in (self.control.fileno(), self.host):
            self.poll.register(descriptor, select.POLLIN)

    def turn(self):
        """Whatever comes next: a request, a child's end, the host's end."""
        for descriptor, _ in self.poll.poll():
            if descriptor == self.host:
                os._exit(0)
            elif descriptor in self.children:
                self.reap(descriptor)
            else:
                self.request()

    def reap(self, descriptor):
        """A child has ended."""
        os.waitpid(self.children.pop(descriptor), 0)
        self.poll.unregister(descriptor)
        os.close(descriptor)

    def request(self):
        """Fork, and hand out a descriptor of the child."""
        said, descriptors, _, _ = socket.recv_fds(self.control, 16, MOST_DESCRIPTORS)
        if said != REQUEST or len(descriptors) < 4:
            os._exit(0)  # the host has closed the channel, or speaks another language
        if len(os.listdir("/proc/self/task")) != 1:
            sys.exit("more than one thread before a fork")
        try:
            child = self.fork(descriptors)
        except OSError as error:
            self.control.send(REFUSED + str(error).encode())
            return
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        known = os.pidfd_open(child)
        self.children[known] = child
        self.poll.register(known, select.POLLIN)
        socket.send_fds(self.control, [FORKED], [known])

    def fork(self, descriptors):
        """A child that is pid 1 of a new pid namespace; our later children are not in it."""
        self.wall.calls.unshare(self.wall.calls.CLONE_NEWPID)
        try:
            child = os.fork()
            if child == 0:
                self.child(descriptors)
        finally:
            self.wall.calls.setns(self.own_pids, self.wall.calls.CLONE_NEWPID)
        return child

    def child(self, descriptors):
        """Never returns. Nothing of a student's is read before the wall stands."""
        status = 1
        try:
            self.control.detach()
            plan_fd, channel, out, err, *folders = descriptors
            os.dup2(out, 1)
            os.dup2(err, 2)
            close_all_but({0, 1, 2, plan_fd, channel, self.myself, *folders})
            with os.fdopen(plan_fd, "rb") as stream:
                plan = json.load(stream)
            own = list(zip(folders, plan["targets"], strict=True))
            self.wall.confine(plan, self.places, self.links, own, self.myself)
            if channel != plan["channel"]:
                os.dup2(channel, plan["channel"], inheritable=False)
                os.close(channel)
            run(plan["argv"])
            status = 0
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
        except BaseException:
            traceback.print_exc()
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(status)


def close_all_but(kept):
    """Close every other descriptor."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                pass  # the listing's own


def run(argv):
    """Run a script as `python -I -B script ...` would: a new __main__, nothing of the server's in sight."""
    for name in ("warm_wall", "warm_calls", "__main__"):
        sys.modules.pop(name, None)
    sys.path_importer_cache.clear()
    sys.argv = list(argv)
    module = types.ModuleType("__main__")
    module.__file__ = argv[0]
    sys.modules["__main__"] = module
    with open(argv[0], "rb") as file:
        code = compile(file.read(), argv[0], "exec")
    exec(code, module.__dict__)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main()
