#!/usr/bin/env python3
"""Opens keep-alive connections to a server with several workers and prints how many each worker got.

    bench/load/skew.py [--program build/release/ropeway] [--workers 4] [--connections 64,512,4096] [--rate 2000]

Connections come one after the other, `--rate` a second, each with a request, and stay open. Of each number: the connections of the workers,
the most loaded one's share beside a fair share, and the standard deviation beside the mean. Two builds, run in turn, compare two ways of spreading.
"""

import argparse
import json
import os
import resource
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def sockets(pid: int) -> int:
    count = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            count += os.readlink(descriptor).startswith("socket:")
        except FileNotFoundError:
            pass
    return count


def measure(program: str, workers: int, connections: int, rate: int) -> list[int]:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "ropeway.json"
        config.write_text(json.dumps({
            "processes": workers, "threads": 1, "listen": ["127.0.0.1:0"], "log": {"level": "error"}, "timeouts": {"idle": "10m"},
            "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "x"}}]}))
        read, write = os.pipe()
        server = subprocess.Popen([program, "run", "--config", config, "--ready-fd", str(write)], pass_fds=[write])
        os.close(write)
        try:
            with os.fdopen(read) as ready:
                port = int(ready.readline().strip().rsplit(":", 1)[1])
            pids = children(server.pid)
            before = {pid: sockets(pid) for pid in pids}
            held = []
            begun = time.monotonic()
            for number in range(connections):
                time.sleep(max(0.0, begun + number / rate - time.monotonic()))
                client = socket.create_connection(("127.0.0.1", port))
                client.sendall(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
                if not client.recv(4096).startswith(b"HTTP/1.1 200"):
                    raise SystemExit("an answer is missing")
                held.append(client)
            counts = sorted((sockets(pid) - before[pid] for pid in pids), reverse=True)
            if sum(counts) != connections:
                raise SystemExit(f"{connections} connections were opened, {sum(counts)} are held")
            for client in held:
                client.close()
            return counts
        finally:
            server.terminate()
            server.wait(60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/ropeway")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--connections", default="64,512,4096", type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--rate", type=int, default=2000, help="connections a second")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for connections in options.connections:
        counts = measure(options.program, options.workers, connections, options.rate)
        fair = connections / options.workers
        print(f"{connections:>6} connections: {counts}, most {counts[0] / fair:.2f} of a fair share, "
              f"deviation {statistics.pstdev(counts) / fair:.3f}")


if __name__ == "__main__":
    main()
