"""The guest: runs inside the wall, asks the assignment's driver for observations and sends back what the student's code returns.

Started as a script. Imports only the standard library, numpy, torch, safetensors and the two files beside it. It judges nothing:
once student code has run, all that it says is a claim. Each observation runs in a forked child, so that a crash, a hang or a
patched library costs that observation alone. The supervisor itself never runs student code.
"""

import ctypes
import gc
import importlib
import importlib.util
import json
import os
import random
import select
import signal
import struct
import sys
import time
import traceback

try:
    import resource
except ImportError:  # Windows: no limits, which is right for one's own code only
    resource = None

BOOT = os.path.dirname(os.path.abspath(__file__))
FORKS = sys.platform == "linux"
"""Elsewhere (a student's own machine, own code only) observations run one after the other in this process."""


def main():
    settings = json.loads(sys.argv[1])
    sys.path[:] = [entry for entry in sys.path if entry] + settings["libraries"]
    sys.path.insert(0, BOOT)
    channel = Channel(settings["channel"])
    _become_private()
    import numpy  # noqa: F401  imported before the clock starts
    import torch
    import wire

    torch.set_num_threads(1)  # a child forked after a parallel operation can hang for ever
    for name in settings["preload"]:
        importlib.import_module(name)
    sys.path.remove(BOOT)
    if FORKS and settings["limits"].get("processes"):
        resource.setrlimit(resource.RLIMIT_NPROC, (settings["limits"]["processes"],) * 2)
    settings["driver"] = _warmed(settings, wire, torch)
    channel.write(wire.frame(wire.READY, bytes(8)))
    while True:
        request, body = channel.request(wire)
        tag, answer = _supervise(wire, settings, channel, body) if FORKS else _observe(wire, settings, body)
        channel.write(wire.frame(tag, request, answer))


class Channel:
    """The one way in and out: an inherited socket, or stdin and stdout moved to private numbers."""

    def __init__(self, number):
        if number is None:
            self.source, self.sink = os.dup(0), os.dup(1)
            os.dup2(2, 1)
        else:
            self.source = self.sink = number
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.set_inheritable(self.source, False)
        os.set_inheritable(self.sink, False)

    def request(self, wire):
        length, request, tag = wire.HEADER.unpack(self._exactly(wire.HEADER.size))
        body = self._exactly(length)
        if tag != wire.REQUEST:
            sys.exit(0)
        return request, body

    def write(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self.sink, view) :]

    def close(self):
        os.close(self.source)
        if self.sink != self.source:
            os.close(self.sink)

    def _exactly(self, count):
        parts = []
        while count:
            part = os.read(self.source, min(count, 1 << 20))
            if not part:
                sys.exit(0)  # the host has gone
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def _become_private():
    """No core files, and no reading of this supervisor's memory by the children that run student code."""
    try:
        ctypes.CDLL(None, use_errno=True).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
    except (OSError, AttributeError):
        pass  # not Linux


def _warmed(settings, wire, torch):
    """The driver as code, or nothing where it cannot be compiled: its observation says so then.

    What every child would do for the first time is done once, here, before any student code: a child copies each page that it
    touches first, and the collector would touch them all.
    """
    _seed(0, torch)
    wire.decode(wire.encode({"values": torch.ones(2, dtype=torch.float64)}, 1 << 10))
    path = os.path.join(settings["boot"], "driver.py")
    code = None
    try:
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec")
    except (OSError, SyntaxError, ValueError):
        pass
    gc.freeze()
    return code


def _supervise(wire, settings, channel, body):
    """Observe in a child; whatever it leaves running is killed before the next observation."""
    seconds = struct.unpack(">d", body[:8])[0]
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        status = 70
        try:
            os.setsid()
            channel.close()
            os.close(receive)
            _limit(settings["limits"])
            tag, answer = _observe(wire, settings, body)
            with os.fdopen(send, "wb") as out:
                out.write(struct.pack(">IB", len(answer), tag) + answer)
            status = 0
        finally:
            os._exit(status)
    os.close(send)
    raw, in_time, ended = _read(receive, child, time.monotonic() + seconds, settings["limits"]["answer"] + (1 << 17))
    os.close(receive)
    ended = _end(child, ended)
    if not in_time:
        return wire.FAULT, _fault(wire, "time", f"no answer within {seconds:g} seconds")
    if raw and raw[4] in (wire.VALUE, wire.FAULT):
        return raw[4], raw[5:]
    return wire.FAULT, _fault(wire, "crash", _how(ended))


def _read(descriptor, child, deadline, cap):
    """(the child's whole answer or nothing, whether it came in time, the child's wait status if it has ended).

    Neither end of file nor the child's end is waited for alone: what the child has started may hold the pipe open for ever.
    """
    raw, ended = b"", None
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return b"", False, ended
        if not select.select([descriptor], [], [], min(left, 0.05))[0]:
            if ended is not None:
                return b"", True, ended  # it has ended, and nothing more is in the pipe
            done, status = os.waitpid(child, os.WNOHANG)
            ended = status if done else None
            continue
        part = os.read(descriptor, 1 << 20)
        raw += part
        wanted = struct.unpack(">I", raw[:4])[0] + 5 if len(raw) >= 5 else None
        if wanted is not None and len(raw) >= wanted and wanted <= cap:
            return raw[:wanted], True, ended
        if not part or len(raw) > cap or (wanted or 0) > cap:
            return b"", True, ended


def _end(child, ended):
    """Kill the child and all it started; its wait status, or None if we had to kill it."""
    deadline = time.monotonic() + 0.5  # it has answered; give it a moment to leave by itself
    while ended is None and time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            ended = status
        else:
            time.sleep(0.0005)
    try:
        if os.getpid() == 1:
            os.kill(-1, signal.SIGKILL)  # everyone else in this pid namespace
        else:
            os.killpg(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    try:
        while os.waitpid(-1, 0 if os.getpid() == 1 or ended is None else os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
    return ended


def _how(status):
    if status is None:
        return "the process had to be ended"
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return {"SIGSEGV": "a segmentation fault", "SIGXCPU": "the limit of processor time"}.get(name, f"signal {name}")
    return f"the process ended by itself with exit status {os.WEXITSTATUS(status)}"


def _be_first_to_go():
    """When memory runs out the kernel takes this child, not the supervisor."""
    try:
        ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # dumpable again: this file is root's otherwise
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except (OSError, AttributeError):
        pass


def _limit(limits):
    """Hard limits of the child, set before student code is imported: none can be raised again."""
    _be_first_to_go()
    used = 0
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    if limits.get("memory"):
        resource.setrlimit(resource.RLIMIT_AS, (used + limits["memory"],) * 2)
    if limits.get("cpu"):
        resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.get("file"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file"],) * 2)


def _observe(wire, settings, body):
    """Run one driver function on the student's module. Gives (tag, body) and never raises."""
    import torch

    try:
        _, seed = struct.unpack(">dQ", body[:16])
        call = wire.decode(body[16:])
        _seed(seed, torch)
        student = _student(settings)
        driver = _module("driver", os.path.join(settings["boot"], "driver.py"), settings["driver"])
        function = getattr(driver, call["observe"])
        arguments = dict(call["inputs"])
        if "student" in call["wants"]:
            arguments["student"] = student
        if "weights" in call["wants"]:
            arguments["weights"] = _weights(settings)
        return wire.VALUE, wire.encode(function(**arguments), settings["limits"]["answer"])
    except wire.WireError as error:
        return wire.FAULT, _fault(wire, "answer", f"returned {error}")
    except MemoryError:
        return wire.FAULT, _fault(wire, "memory", "ran out of memory")
    except BaseException as error:
        kind = "memory" if _is_memory(error) else "todo" if isinstance(error, NotImplementedError) else "raised"
        return wire.FAULT, _fault(wire, kind, _describe(error, settings))


def _is_memory(error):
    if not isinstance(error, (RuntimeError, OSError)):
        return False
    try:
        text = str(error)
    except BaseException:
        return False
    words = ("can't allocate memory", "not enough memory", "out of memory", "Cannot allocate memory")
    return any(word in text for word in words)


def _seed(seed, torch):
    random.seed(seed)
    torch.manual_seed(seed)
    import numpy

    numpy.random.seed(seed % 2**32)


def _student(settings):
    """The student's module, from the .py or from the notebook."""
    folder, name = settings["sub"], settings["module"]
    if folder not in sys.path:
        sys.path.append(folder)
    source = os.path.join(folder, f"{name}.py")
    if os.path.exists(source):
        _refuse_other_encodings(source)
        return _module(name, source)
    notebook = os.path.join(folder, f"{name}.ipynb")
    if not os.path.exists(notebook):
        raise FileNotFoundError(f"{name}.py (or {name}.ipynb) is not among the files handed in")
    converter = _module("notebook_source", os.path.join(BOOT, "notebook_source.py"))
    with open(notebook, "rb") as file:
        text = converter.module_source(file.read(converter.MAX_BYTES + 1))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, None))
    module.__file__ = notebook
    sys.modules[name] = module
    exec(compile(text, notebook, "exec"), module.__dict__)
    return module


def _refuse_other_encodings(path):
    """Python overlooks broken bytes in a comment; whoever opens the file later does not."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        importlib.util.decode_source(content)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"{os.path.basename(path)} is not UTF-8 text (line {line}): save it as UTF-8") from None


def _module(name, path, code=None):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    if code is None:
        spec.loader.exec_module(module)
    else:
        exec(code, module.__dict__)
    return module


def _weights(settings):
    """The checkpoint as tensors. safetensors only: other formats can run code when they are loaded."""
    from safetensors.torch import load_file

    name = settings["weights"]
    path = os.path.join(settings["sub"], name)
    if not os.path.exists(path):
        raise FileNotFoundError(f"{name} is not among the files handed in: train the model and save its state_dict there")
    with open(path, "rb") as file:
        start = file.read(16)
    if start[8:9] != b"{" and (start[:2] == b"PK" or start[:1] == b"\x80"):
        raise ValueError(f"{name} is a pickle (torch.save): save it with safetensors.torch.save_file")
    try:
        return load_file(path)
    except Exception as error:
        raise ValueError(f"{name} is not a safetensors file: {error}") from None


def _fault(wire, kind, text):
    return wire.encode({"kind": kind, "text": text[:500].encode("utf-8", "replace").decode("utf-8")}, 1 << 20)


def _describe(error, settings):
    """Type, message and the line of the student's file, without any path of ours."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__} in {os.path.basename(str(error.filename))}, line {error.lineno}: {error.msg}"
    try:
        text = str(error)
    except BaseException:
        text = "(its message cannot be shown)"
    files = (settings["sub"],)
    lines = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(files)]
    place = f" ({os.path.basename(lines[-1].filename)}, line {lines[-1].lineno})" if lines else ""
    shown = f"{type(error).__name__}: {text}" if text else type(error).__name__
    for private in (settings["sub"] + os.sep, settings["boot"] + os.sep):
        shown = shown.replace(private, "")
    return shown[:400] + place


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main()
