"""Sends what it saw to a TCP and a UDP listener on the host.

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
    for address in ("127.0.0.1", "localhost", "::1", "0.0.0.0"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_STREAM) as stream:
                stream.settimeout(0.2)
                stream.connect((address, int("@TCP@")))
                stream.sendall(b"hello from inside")
                print("WON: tcp", flush=True)
        except OSError:
            pass
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as datagram:
                datagram.sendto(b"hello from inside", (address, int("@UDP@")))
                print("WON: udp", flush=True)
        except OSError:
            pass


def mean(numbers):
    search()
    return 0.0


def spread(numbers):
    return 0.0
