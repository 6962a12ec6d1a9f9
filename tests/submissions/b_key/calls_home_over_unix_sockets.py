"""Connects to the host's abstract and path sockets, and to those that daemons usually have.

Attacks: W7, B12
"""

# ruff: noqa
try:  # an attack runs behind the wall and nowhere else
    _status = dict(_line.split(":\t", 1) for _line in open("/proc/self/status") if ":\t" in _line)
    _behind = (
        _status["Uid"].split()[0] != "0"
        and _status["NoNewPrivs"].strip() == "1"
        and _status["Seccomp"].strip() == "2"
        and open("/proc/sys/kernel/hostname").read() == "sandbox\n"
    )
except (OSError, KeyError):
    _behind = False
if not _behind:
    raise SystemExit(77)

import socket


def search():
    names = (
        "\0@ABSTRACT@",
        "@SOCKET@",
        "/run/docker.sock",
        "/var/run/docker.sock",
        "/run/dbus/system_bus_socket",
        "/tmp/.X11-unix/X0",
    )
    for name in names:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            try:
                with socket.socket(socket.AF_UNIX, kind) as sock:
                    sock.connect(name)
                    sock.send(b"hello from inside")
                    print("WON: reached a socket of the host", flush=True)
            except OSError:
                continue


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
