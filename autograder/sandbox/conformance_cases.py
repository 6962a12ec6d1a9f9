"""What every wall must do with a guest that is up: values cross, failures are told by their kind, bounds hold, honest work runs.

A case is a function of a `Bench` that returns nothing or raises `ConformanceFailure`; its docstring is the behaviour. One guest
serves many cases; a case that ends it costs the next one a new guest, and nothing else.
"""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from autograder.sandbox import conformance_guest
from autograder.sandbox.contract import Answer, Guest, Sandbox, Stage
from autograder.sandbox.places import environment
from autograder.sandbox.policy import MIB, Policy

POLICY = Policy(memory=1024 * MIB, scratch=32 * MIB, processes=48, answer=8 * MIB, log_kept=4 * MIB, log_total=64 * MIB)
STUDENT = b"COUNT = [0]\n\n\ndef count():\n    COUNT[0] += 1\n    return COUNT[0]\n\n\ndef fail(error):\n    raise error\n"
CELLS = [{"cell_type": "code", "id": "one", "metadata": {}, "outputs": [], "source": "def twice(x):\n    return 2 * x\n"}]
NOTEBOOK = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": CELLS}).encode()
PICKLE = b"\x80\x02cos\nsystem\n(S'touch /tmp/executed'\ntR."
SUBMISSIONS = {
    "plain": {"student.py": STUDENT, "weights.safetensors": save({"w": torch.arange(4.0)})},
    "pickle": {"student.py": STUDENT, "weights.safetensors": PICKLE},
    "notebook": {"student.ipynb": NOTEBOOK},
    "exits": {"student.py": b"import os\nos._exit(0)\n"},
    "loops": {"student.py": b"while True:\n    pass\n"},
}
REAL = ("guest.py", "wire.py", "notebook_source.py")


class ConformanceFailure(Exception):
    """The wall does not behave as every wall must."""

    def __init__(self, expected: object, got: object) -> None:
        super().__init__(f"expected {expected!s:.300}, got {got!s:.300}")
        self.expected, self.got = expected, got


class Bench:
    """A sandbox under test, with the guests and stages that its cases share."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._guests: dict[str, Guest] = {}
        self._folders: dict[str, Path] = {}

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        for guest in self._guests.values():
            guest.end()
        for folder in self._folders.values():
            shutil.rmtree(folder, ignore_errors=True)

    def guest(self, of: str = "plain") -> Guest:
        """The guest of one of SUBMISSIONS, up."""
        found = self._guests.get(of)
        if found is None or not found.alive:
            if found is not None:
                found.end()
            found = self._guests[of] = self.sandbox.start(self.stage(of), POLICY)
        return found

    def stage(self, of: str, *, preload: tuple[str, ...] = ()) -> Stage:
        """A stage with one of SUBMISSIONS and the real guest, or with the peer of this name."""
        if of not in self._folders:
            self._folders[of] = written(SUBMISSIONS.get(of, {}), real=of in SUBMISSIONS)
        peer = of if of not in SUBMISSIONS else "student"
        return Stage(self._folders[of], peer, "weights.safetensors", preload)

    def run(self, code: str, given: Any = None, *, of: str = "plain", seconds: float = 10.0, seed: int = 0) -> Answer:
        """Run this body inside, once."""
        return self.guest(of).ask("run", ["student"], {"code": code, "given": given}, seed, seconds)

    def deed(self, code: str, given: Any = None, *, seconds: float = 10.0) -> Answer:
        """As `run`, for what must only ever happen behind a wall."""
        return self.guest().ask("deed", ["student"], {"code": code, "given": given}, 0, seconds)

    def said(self) -> str:
        """All that the shared guest has printed; one more observation, so that what was on its way is there."""
        value_of(self.run("time.sleep(0.05)"))
        return self.guest().log

    @contextmanager
    def peer(self, name: str, policy: Policy = POLICY) -> Iterator[Guest]:
        """A guest of its own that is one of `conformance_guest.PEERS`."""
        guest = self.sandbox.start(self.stage(name), policy)
        try:
            yield guest
        finally:
            guest.end()


Case = Callable[[Bench], None]


def written(files: dict[str, bytes], *, real: bool) -> Path:
    """A new folder with `sub/` and `boot/`, readable for every uid, as a stage is."""
    folder, here = Path(tempfile.mkdtemp(prefix="s")), Path(conformance_guest.__file__)
    boot = {name: here.with_name(name).read_bytes() for name in REAL} if real else {}
    boot["driver.py" if real else "guest.py"] = here.read_bytes()
    for part, content in (("sub", files), ("boot", boot)):
        (folder / part).mkdir()
        for name, data in content.items():
            (folder / part / name).write_bytes(data)
            (folder / part / name).chmod(0o644)
    for place in (folder, folder / "sub", folder / "boot"):
        place.chmod(0o755)
    return folder


def expect(holds: object, expected: object, got: object) -> None:
    """Fail the case unless this holds."""
    if not holds:
        raise ConformanceFailure(expected, got)


def value_of(answer: Answer) -> Any:
    """The value of an answer that must have one."""
    expect(not answer.fault, "a value", answer)
    return answer.value


def fault_of(answer: Answer, kind: str, *words: str) -> None:
    """The answer must be this fault, and its text hold these words."""
    expect(answer.fault == kind and all(word in answer.text for word in words), f"{kind} with {words}", answer)


def same(a: Any, b: Any) -> bool:
    """Equal in value, type, dtype and shape; NaN equals NaN."""
    if isinstance(a, Tensor):
        return type(b) is Tensor and a.dtype == b.dtype and a.shape == b.shape and torch.equal(a.nan_to_num(), b.nan_to_num())
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or (a != a and b != b))


def crosses(given: Any) -> Case:
    """A case: this goes in and comes out the same."""

    def case(bench: Bench) -> None:
        expect(same(given, got := value_of(bench.run("return given", given))), given, got)

    return case


def fails(kind: str, code: str, *words: str, seconds: float = 10.0, of: str = "plain", wall: bool = False) -> Case:
    """A case: this is that fault, in time, and costs one observation: the guest serves on."""

    def case(bench: Bench) -> None:
        answer = bench.deed(code, seconds=seconds) if wall else bench.run(code, of=of, seconds=seconds)
        fault_of(answer, kind, *words)
        expect(len(answer.text) <= 500, "at most 500 characters", len(answer.text))
        expect(answer.seconds < seconds + 2.5, f"an end soon after {seconds} seconds", answer.seconds)
        if of == "plain":
            expect(value_of(bench.run("return 1")) == 1, "the next observation answered", "not")

    return case


def gives(expected: Any, code: str, given: Any = None, *, wall: bool = False, of: str = "plain") -> Case:
    """A case: this body returns that."""

    def case(bench: Bench) -> None:
        answer = bench.deed(code, given, seconds=30) if wall else bench.run(code, given, of=of, seconds=30)
        expect(same(value_of(answer), expected), expected, answer.value)

    return case


def prints(code: str, *words: str) -> Case:
    """A case: what this prints is in the log, and its answer arrives all the same."""

    def case(bench: Bench) -> None:
        expect(value_of(bench.run(f"{code}\nreturn 7")) == 7, 7, "something else")
        said = bench.said()
        expect(all(word in said for word in words), words, said[-200:])

    return case


DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
          torch.uint8, torch.bool)  # fmt: skip
VALUES: dict[str, Case] = {
    "scalars_cross": crosses([None, True, False, 0, -1, 2**53, 1.5, -0.0, 5e-324, 1.7e308, ""]),
    "unicode_crosses": crosses(["é", "日本語", "\U0001f600", "\u202e", "\x00\x1b[31m", "a\r\nb"]),
    "nested_values_cross": crosses({"a": [(1, [2.0, {"b": ()}]), {}], "": {"$t": "t0", "$d": [None]}}),
    "numbers_that_are_not_finite_cross": crosses([math.nan, math.inf, -math.inf, torch.tensor([math.nan, math.inf])]),
    "empty_tensors_cross": crosses([torch.zeros(0), torch.zeros(3, 0, 2, dtype=torch.int16)]),
    "tensors_without_dimension_cross": crosses([torch.tensor(3.5), torch.tensor(True), torch.tensor(7, dtype=torch.uint8)]),
    "every_dtype_crosses": crosses([torch.tensor([0, 1, 1]).to(dtype) for dtype in DTYPES]),
    "three_mebibytes_cross": crosses(torch.arange(3 * MIB // 4, dtype=torch.float32)),
    "many_tensors_cross": crosses({f"layer.{number}": torch.full((2, number % 3), number) for number in range(200)}),
    "views_of_one_tensor_cross": gives([torch.tensor([[0, 2], [1, 3]]), torch.tensor([1, 3])],
                                       "import torch\nt = torch.arange(4).reshape(2, 2)\nreturn [t.T, t[:, 1]]"),
    "arrays_and_parameters_arrive_as_tensors": gives(
        [torch.ones(2, dtype=torch.float64), torch.zeros(1)],
        "import numpy, torch\nreturn [numpy.ones(2), torch.nn.Parameter(torch.zeros(1))]"),
    "an_object_is_no_answer": fails("answer", "return object()", "object"),
    "an_answer_over_the_limit_is_refused": fails("answer", "import torch\nreturn torch.zeros(9 << 18)", "limit"),
    "a_deep_answer_is_refused": fails("answer", "a = []\nfor _ in range(5000): a = [a]\nreturn a", "deep"),
}  # fmt: skip
"""Across and back."""


FAULTS: dict[str, Case] = {
    "an_exception_tells_type_text_and_line": fails("raised", "student.fail(KeyError('nöne'))", "KeyError", "nöne",
                                                   "(student.py, line 10)"),
    "a_huge_message_is_cut": fails("raised", "raise ValueError('x' * (5 << 20))", "ValueError: xxx"),
    "a_message_that_is_no_text_is_told": fails("raised", "raise ValueError('\\ud800 \\x1b[2J')", "ValueError"),
    "a_message_that_raises_is_told": fails(
        "raised", "class Odd(Exception):\n    def __str__(self): raise self\nraise Odd", "Odd"),
    "a_todo_is_told": fails("todo", "raise NotImplementedError('TODO 3: encoder')", "TODO 3"),
    "sys_exit_is_an_exception": fails("raised", "sys.exit(0)", "SystemExit"),
    "an_interrupt_is_an_exception": fails("raised", "raise KeyboardInterrupt", "KeyboardInterrupt"),
    "leaving_with_zero_is_a_crash": fails("crash", "os._exit(0)", "exit status 0"),
    "leaving_with_three_is_a_crash": fails("crash", "os._exit(3)", "exit status 3"),
    "a_segmentation_fault_is_a_crash": fails("crash", "import ctypes\nctypes.string_at(0)", "segmentation fault"),
    "an_abort_is_a_crash": fails("crash", "os.abort()", "SIGABRT"),
    "killing_oneself_is_a_crash": fails("crash", "os.kill(os.getpid(), 9)", "SIGKILL"),
    "endless_recursion_is_an_exception": fails("raised", "def f(): f()\nf()", "RecursionError"),
    "a_missing_function_is_told": fails("raised", "student.encoder", "AttributeError", "encoder"),
    "a_busy_loop_ends": fails("time", "while True: pass", "1 seconds", seconds=1),
    "a_sleeper_ends": fails("time", "time.sleep(60)", "1 seconds", seconds=1),
    "a_thread_cannot_hold_up_the_end": fails("time", "import threading\nthreading.Event().wait()", seconds=1),
    "leaving_on_import_is_a_crash": fails("crash", "return 1", "exit status 0", of="exits"),
    "an_endless_import_ends": fails("time", "return 1", seconds=1, of="loops"),
    "too_large_a_tensor_is_memory": fails("memory", "import torch\ntorch.ones(1 << 32)"),
    "too_large_a_list_is_memory": fails("memory", "x = bytearray(5 << 28)", "memory"),
    "too_large_a_file_is_an_exception": fails(
        "raised", "try:\n    with open('/tmp/big', 'wb') as f:\n        while True: f.write(bytes(1 << 20))\n"
        "finally: os.unlink('/tmp/big')", "OSError", wall=True),
    "closing_every_descriptor_is_a_crash": fails("crash", "os.closerange(0, 256)"),
    "killing_everyone_costs_one_observation": fails(
        "raised", "os.kill(1, 9)\nos.kill(1, 15)\nos.kill(-1, 9)", "ProcessLookupError", wall=True),
}  # fmt: skip
"""What student code does to itself: its kind, its text, its cost."""

LOGS: dict[str, Case] = {
    "text_on_stderr_is_kept": prints("sys.stderr.write('größe 日本\\n')", "größe 日本"),
    "bytes_on_stderr_are_kept": prints("os.write(2, b'before \\xff\\xfe after\\n')", "before ", "�", " after"),
    "noise_around_the_answer_is_no_answer": prints(
        "import threading\nprint('first')\nthreading.Timer(0.02, lambda: os.write(1, b'12 passed')).start()\n"
        "if os.fork() == 0:\n    os.write(1, b'from a child'); os._exit(0)\nsys.stdout.flush()", "first", "from a child"),
    "a_megabyte_printed_is_no_answer": prints("print('\\0\\0\\0\\x08' * (1 << 18), flush=True)", "\0\0\0\x08" * 16),
    "student_code_has_no_channel": gives(
        [], "links = [os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if int(n) > 2 and "
        "os.path.exists(f'/proc/self/fd/{n}')]\nreturn [link for link in links if link.startswith('socket')]"),
    "nothing_can_be_read_from_stdin": gives("", "return sys.stdin.read()"),
}  # fmt: skip
"""Printing is allowed, and means nothing."""


WRITES = """found = []
for folder in given:
    try:
        with open(folder + '/conformance', 'w') as file: file.write('x')
        os.unlink(folder + '/conformance')
        found.append(folder)
    except OSError:
        pass
return found"""
FORKS = """children = []
try:
    for _ in range(300):
        if (pid := os.fork()) == 0: time.sleep(20); os._exit(0)
        children.append(pid)
except OSError:
    pass
return 8 <= len(children) <= 48"""
FAMILIES = """import socket
found = []
for family in ('AF_INET', 'AF_INET6', 'AF_NETLINK', 'AF_PACKET', 'AF_VSOCK'):
    try:
        socket.socket(getattr(socket, family)).close(); found.append(family)
    except (OSError, AttributeError):
        pass
return found"""
RIGHTS = """with open('/proc/self/status') as file: lines = file.read().splitlines()
status = dict(line.split(':\\t', 1) for line in lines if ':\\t' in line)
groups = set(status['Groups'].split())  # an ordinary user's own cannot be dropped; inside, each is the one that nobody has
return [status['CapEff'].strip('0'), status['CapBnd'].strip('0'), groups <= {'65534'}, os.getuid() == 0]"""
TERMINAL = "try:\n    os.open('/dev/tty', os.O_RDWR)\nexcept OSError:\n    return os.isatty(0) or os.isatty(1) or os.isatty(2)"
OTHERS = "return [pid for pid in os.listdir('/proc') if pid.isdigit() and int(pid) not in (1, os.getpid())]"
"""All but the supervisor and the observation itself."""
BOUNDS: dict[str, Case] = {
    "only_scratch_is_writable": gives(["/tmp", "/dev/shm"], WRITES, ["/", "/sub", "/boot", "/usr", "/dev", "/tmp", "/dev/shm"],
                                      wall=True),
    "the_working_folder_and_home_are_scratch": gives(["/tmp", "/tmp", True], "home = os.path.expanduser('~')\n"
                                                     "return [os.getcwd(), home, os.access(home, os.W_OK)]", wall=True),
    "the_environment_is_exact": gives(sorted(environment()), "return sorted(set(os.environ) - {'PWD', 'LC_CTYPE'})", wall=True),
    "empty_and_nested_files_in_scratch_work": gives(
        [0, 3], "import tempfile\nwith tempfile.TemporaryDirectory() as f:\n    os.makedirs(f + '/a/b')\n"
        "    open(f + '/a/b/e', 'w').close()\n"
        "    open(f + '/n', 'w').write('abc')\n    return [os.path.getsize(f + '/a/b/e'), os.path.getsize(f + '/n')]"),
    "processes_are_bounded": gives(True, FORKS, wall=True),
    "only_unix_sockets_can_be_made": gives([], FAMILIES, wall=True),
    "no_privilege_and_no_way_to_one": gives(["", "", True, False], RIGHTS, wall=True),
    "there_is_no_terminal": gives(False, TERMINAL, wall=True),
    "other_processes_are_not_seen": gives([], OTHERS, wall=True),
    "files_of_the_host_are_not_seen": gives([], "return [name for name in given if os.path.exists(name)]",
                                            ["/etc/passwd", "/home", "/var", "/run", __file__], wall=True),
    "core_files_are_off": gives(0, "import resource\nreturn resource.getrlimit(resource.RLIMIT_CORE)[1]"),
}  # fmt: skip
"""What is there inside, and how much of it."""

LOADER = """import torch
from torch.utils.data import DataLoader, TensorDataset
data = TensorDataset(torch.arange(12.0).reshape(6, 2))
return [float(sum(batch.sum() for (batch,) in DataLoader(data, batch_size=2, num_workers=given)))]"""
THREADS = """import threading
sums = []
threads = [threading.Thread(target=lambda: sums.append(sum(range(1000)))) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
return sums == [499500] * 8"""
TRAINING = """import torch
from safetensors.torch import load_file, save_file
model = torch.nn.Linear(4, 2)
step = torch.optim.Adam(model.parameters())
for _ in range(2):
    step.zero_grad(); model(torch.ones(8, 4)).square().mean().backward(); step.step()
import tempfile
with tempfile.TemporaryDirectory() as folder:
    save_file(model.state_dict(), folder + '/m'); return sorted(load_file(folder + '/m'))"""
HONEST: dict[str, Case] = {
    "a_data_loader_works": gives([66.0], LOADER, 0),
    "a_data_loader_with_workers_works": gives([66.0], LOADER, 2, wall=True),
    "eight_threads_work": gives(True, THREADS),
    "training_and_saving_work": gives(["bias", "weight"], TRAINING),
    "a_child_program_works": gives(0, "import subprocess\nreturn subprocess.run(['true'], timeout=10).returncode"),
    "pictures_work": gives([8, 8], "import io, numpy\nfrom PIL import Image\nf = io.BytesIO()\n"
                           "Image.fromarray(numpy.zeros((8, 8), 'uint8')).save(f, 'png')\nreturn list(Image.open(f).size)"),
    "the_user_has_a_name": gives("student", "import getpass\nreturn getpass.getuser()", wall=True),
    "torch_has_one_thread": gives([1, "1"], "import torch\nreturn [torch.get_num_threads(), os.environ['OMP_NUM_THREADS']]"),
    "a_notebook_is_a_module": gives([8, "student"], "return [student.twice(4), student.__name__]", of="notebook"),
}  # fmt: skip
"""A wall that breaks right answers is as wrong as one that leaks."""
