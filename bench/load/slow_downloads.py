#!/usr/bin/env python3
"""How much memory a slow download costs: thousands of clients that each take a little of a large file now and then.

One worker, as in compare.py, beside nginx. Prints for each server what one download costs: the memory of its processes (proportional set size,
so that shared pages count once), and the kernel's for sockets (/proc/net/sockstat; both ends, and a page of the file in several queues counts in
each). Meanwhile another client asks for a small page, a hundred times a second. The clients' own process is not measured.
"""

import argparse
import http.client
import os
import random
import re
import resource
import signal
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

from compare import Nginx, Ropeway, Server

REQUEST = b"GET /static/large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"
LARGE = 64 * 1024 * 1024


def own_memory(server: Server) -> int:
    """Bytes of the server's processes, from /proc/PID/smaps_rollup."""
    rollups = [Path("/proc", process, "smaps_rollup").read_text() for process, _ in server.processes()]
    return sum(int(re.search(r"^Pss: +(\d+) kB", text, re.M)[1]) * 1024 for text in rollups)


def socket_memory() -> int:
    """Bytes that the kernel counts for TCP's queues, of all sockets of this network namespace."""
    return int(re.search(r"^TCP: .* mem (\d+)", Path("/proc/net/sockstat").read_text(), re.M)[1]) * os.sysconf("SC_PAGE_SIZE")


def connect(port: int, count: int) -> list[socket.socket]:
    clients = []
    for number in range(count):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # a reader that takes little at once
        client.connect(("127.0.0.1", port))
        client.sendall(REQUEST)
        clients.append(client)
    for client in clients:
        client.settimeout(30)
        if not client.recv(1024).startswith(b"HTTP/1.1 200"):
            sys.exit("a download was refused")
        client.setblocking(False)
    return clients


def drag_out(clients: list[socket.socket], port: int, seconds: float) -> tuple[list[float], int]:
    """Takes a KiB from clients in turn, all of them once in two seconds; gives how long another client waited, and how many downloads were lost."""
    waits, lost, at = [], 0, 0
    random.shuffle(clients)
    other = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        other.request("GET", "/plain")
        other.getresponse().read()
        waits.append(time.monotonic() - begun)
        for client in (clients[(at + i) % len(clients)] for i in range(len(clients) // 200)):
            try:
                lost += not client.recv(1024)
            except BlockingIOError:
                pass
            except OSError:
                lost += 1
        at += len(clients) // 200
        time.sleep(max(0.0, begun + 0.01 - time.monotonic()))
    return waits, lost


def measure(server: Server, count: int, seconds: float) -> None:
    server.start()
    try:
        quiet, _ = drag_out([], server.port, min(seconds, 3))
        own, kernel = own_memory(server), socket_memory()
        clients = connect(server.port, count)
        waits, lost = drag_out(clients, server.port, seconds)
        own, kernel = own_memory(server) - own, socket_memory() - kernel
        print(f"{server.name:<10}{count:>8}{own / count / 1024:>14.2f}{kernel / count / 1024:>16.1f}{lost:>8}"
              f"{statistics.quantiles(quiet, n=100)[98] * 1e3:>14.2f}{statistics.quantiles(waits, n=100)[98] * 1e3:>14.2f}")
        for client in clients:
            client.close()
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(Path(__file__).resolve().parent.parent.parent / "build/release/ropeway"), help="the server to measure")
    parser.add_argument("--servers", default="ropeway,nginx", help="default: %(default)s")
    parser.add_argument("--downloads", type=int, default=10_000, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=10, help="default: %(default)s")
    chosen = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if chosen.downloads < 200 or chosen.downloads + 100 > limit:
        parser.error(f"--downloads is from 200 to {limit - 100} here (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"{'server':<10}{'clients':>8}{'own KiB each':>14}{'kernel KiB each':>16}{'lost':>8}{'quiet p99 ms':>14}{'p99 ms':>14}")
    with tempfile.TemporaryDirectory(prefix="ropeway-slow-") as name:
        work = Path(name)
        folder = work / "site"
        folder.mkdir()
        (folder / "large.bin").write_bytes(os.urandom(1024 * 1024) * (LARGE // 1024 // 1024))
        for one in chosen.servers.split(","):
            measure(Ropeway(chosen.program, one, work, folder) if one == "ropeway" else Nginx(one, work, folder), chosen.downloads, chosen.seconds)


if __name__ == "__main__":
    main()
