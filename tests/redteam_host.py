"""The host before and after: mounts, processes, sockets, files and calls that a grading must leave as they were.

Also what the reader of archives costs: each hostile archive is read alone first, under limits.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

from redteam_class import ROOT, Attack, Ground

READ_SECONDS, READ_MIB = 15.0, 256
"""Processor time and memory that reading one hostile archive may cost: the largest honest one takes a fifth."""


def listen(base: Path) -> tuple[dict[str, socket.socket], dict[str, str]]:
    """Listeners on loopback that nobody may reach, and where they are."""
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    name, file = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    abstract = f"redteam-{os.urandom(6).hex()}"
    name.bind(f"\0{abstract}")
    file.bind(str(base / "socket"))
    (base / "socket").chmod(0o777)
    for listener in (name, file):
        listener.listen()
    found = {"tcp": tcp, "udp": udp, "abstract": name, "file": file}
    for listener in found.values():
        listener.setblocking(False)
    ports = {"TCP": str(tcp.getsockname()[1]), "UDP": str(udp.getsockname()[1])}
    return found, {**ports, "ABSTRACT": abstract, "SOCKET": str(base / "socket"), "PID": str(os.getpid())}


def calls(listeners: dict[str, socket.socket]) -> list[str]:
    """Who was called since the last time."""
    return [f"{name}: somebody called" for name, listener in listeners.items() if called(listener)]


def called(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_DGRAM:
            listener.recv(1)
        else:
            listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def snapshot(host: Path) -> dict[str, object]:
    """What a grading must leave as it was."""
    names = ("tcp", "tcp6", "udp", "udp6")
    return {
        "mounts": sorted(line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()),
        "processes under the pool's uids": pool_processes(),
        "sockets under the pool's uids": [line.split()[1] for name in names for line in net(name) if pool(line.split()[7])],
        "files under the pool's uids": [path.name for path in Path("/tmp").iterdir() if pool(owner(path))],
        "shared memory under the pool's uids": [
            f"{kind} {line.split()[1]}" for kind in ("shm", "sem", "msg") for line in ipc(kind) if pool_in(line)
        ],
        "the host's folder": sorted(path.name for path in host.iterdir()),
        "the checkout": checkout(),
    }


def compared(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """What is there now that was not; a mount of somebody else's may go meanwhile."""
    found = []
    for name, value in after.items():
        if isinstance(value, list):
            new = list((Counter(value) - Counter(before[name])).elements())
            found += [f"{name}: new: {', '.join(new)}"] if new else []
        elif value != before[name]:
            found.append(f"{name}: changed: {value}")
    return found


def left_in(folder: Path) -> list[str]:
    """What a grading left in its temporary folder, besides the empty place of its stages."""
    stages = folder / f"autograder-{os.getuid()}"
    return [f"left behind: {path.relative_to(folder)}" for path in folder.rglob("*") if path not in (stages, *stages.glob("*"))]


def checkout() -> str:
    """What git says of it; in the laboratory it cannot change, and may be worked on meanwhile."""
    if os.statvfs(ROOT).f_flag & os.ST_RDONLY:
        return "read-only"
    return subprocess.run(["git", "-C", str(ROOT), "status", "--porcelain"], capture_output=True, text=True).stdout


def pool(uid: str) -> bool:
    from autograder.sandbox import uids

    return uid.isdigit() and uids.FIRST <= int(uid) < uids.FIRST + uids.COUNT


def pool_in(line: str) -> bool:
    """Whether a row of /proc/sysvipc belongs to a guest: its owner is one of the numbers."""
    return any(pool(word) for word in line.split())


def owner(path: Path) -> str:
    try:
        return str(path.lstat().st_uid)
    except OSError:
        return ""  # it has gone meanwhile


def net(name: str) -> list[str]:
    path = Path("/proc/net", name)
    return path.read_text().splitlines()[1:] if path.exists() else []


def ipc(kind: str) -> list[str]:
    path = Path("/proc/sysvipc", kind)
    return path.read_text().splitlines()[1:] if path.exists() else []


def pool_processes() -> list[str]:
    """Live processes under any uid of the pool."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:
            continue
        if any(pool(uid) for uid in fields.get("Uid", "").split()) and not fields.get("State", "Z").startswith("Z"):
            found.append(status.parent.name)
    return found


# --- reading -----------------------------------------------------------------------------------------------------------------


def read_archives(wanted: list[Attack], ground: Ground) -> dict[str, list[str]]:
    """Deed -> what the reader of archives did not take well. Such an entry is kept from the class, which would not survive it."""
    fell: dict[str, list[str]] = {}
    for attack in wanted:
        if not attack.builder or attack.refused:
            continue
        for entry in sorted(ground.folder.iterdir()):
            if any(entry.name == name or entry.name.startswith(f"{name}.") for name in ground.names[attack.deed]):
                said = [text for place in places(entry) if (text := cost_of_reading(place))]
                fell.setdefault(attack.deed, []).extend(said)
                if said:
                    shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    return fell


def places(entry: Path) -> list[Path]:
    """What of one hand-in the reader opens as a whole."""
    if entry.is_symlink() or not entry.is_dir():
        return [entry]
    return [entry, *(path for path in entry.iterdir() if path.stem == "toy" and path.suffix in (".zip", ".tar", ".tgz"))]


def cost_of_reading(path: Path) -> str:
    """What is wrong with how the reader takes this; nothing when it is quick, small and raises nothing."""
    code = (
        "import resource, sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; from autograder.archives import read_contents;"
        "read_contents(Path(sys.argv[1]), {'toy.py': 2 << 20, 'toy.ipynb': 2 << 20});"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        resource.setrlimit(resource.RLIMIT_CPU, (int(READ_SECONDS), int(READ_SECONDS)))

    command = [sys.executable, "-B", "-c", code, str(path), str(ROOT)]
    try:  # by processor time, which a busy machine does not stretch; by the clock only against waiting for ever
        done = subprocess.run(command, capture_output=True, text=True, timeout=10 * READ_SECONDS, preexec_fn=limit)
    except subprocess.TimeoutExpired:
        return f"reading {path.name} did not end"
    if done.returncode < 0:
        return f"reading {path.name} took more than {READ_SECONDS:g} s of processor time"
    if done.returncode != 0:
        return f"reading {path.name} raised {(done.stderr.strip().splitlines() or ['nothing'])[-1]}"
    used = int(done.stdout)
    return f"reading {path.name} took {used} MiB of memory" if used > READ_MIB else ""
