#!/usr/bin/env python3
"""What WebSockets cost: memory of many that idle, the server's CPU for each message that it echoes, and how long an echo takes.

    bench/load/websockets.py build/release/examples/websocket/websocket [--connections 10000] [--seconds 3]

Beside it, where they are installed, the echo servers of Python's websockets (python3-websockets) and of Node's ws (node-ws). One process and one
thread each. The client is one process: 64 connections, one message at a time on each, from sockets and an epoll loop alone. Raise the limit
of open files for many connections (ulimit -n).
"""

import argparse
import base64
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PYTHON = """
import asyncio, websockets
async def echo(socket, *_):
    async for message in socket:
        await socket.send(message)
async def main():
    async with websockets.serve(echo, "127.0.0.1", {port}, compression=None, max_size=None):
        await asyncio.Future()
asyncio.run(main())
"""
NODE = """
const {{ WebSocketServer }} = require('ws');
new WebSocketServer({{ host: '127.0.0.1', port: {port}, perMessageDeflate: false, backlog: 4096 }}).on('connection', (socket) => {{
  socket.on('message', (data, binary) => socket.send(data, {{ binary }}));
}});
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connect(port: int) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", port), 30)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    one.sendall(f"GET /echo HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += one.recv(4096)
    if b" 101 " not in head.split(b"\r\n")[0]:
        raise SystemExit(f"no WebSocket: {head!r}")
    return one


def frame(size: int) -> bytes:
    length = bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + size.to_bytes(2, "big")
    return b"\x82" + length + b"\0\0\0\0" + b"x" * size


def tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in tree(int(child)))]


def memory(pid: int) -> int:
    total = 0
    for one in tree(pid):
        total += next(int(line.split()[1]) * 1024 for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
    return total


def cpu(pid: int) -> float:
    ticks = 0
    for one in tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def echoes(port: int, pid: int, connections: int, size: int, seconds: float) -> dict[str, float]:
    """One message at a time on each connection."""
    sockets = [connect(port) for _ in range(connections)]
    message, answer = frame(size), size + (2 if size < 126 else 4)
    poll = select.epoll()
    by_number = {one.fileno(): one for one in sockets}
    waiting, sent, times, count = dict.fromkeys(by_number, answer), {}, [], 0
    for number, one in by_number.items():
        poll.register(number, select.EPOLLIN)
        sent[number] = time.perf_counter()
        one.sendall(message)
    begun, used = time.perf_counter(), cpu(pid)
    while time.perf_counter() - begun < seconds:
        for number, _ in poll.poll(1):
            waiting[number] -= len(by_number[number].recv(65536))
            if waiting[number] > 0:
                continue
            now = time.perf_counter()
            times.append(now - sent[number])
            count += 1
            waiting[number], sent[number] = answer, now
            by_number[number].sendall(message)
    took, used = time.perf_counter() - begun, cpu(pid) - used
    for one in sockets:
        one.close()
    times.sort()
    return {"rate": count / took, "cpu": used / count * 1e6, "p50": times[len(times) // 2] * 1e6, "p99": times[len(times) * 99 // 100] * 1e6}


def measure(name: str, command: list[str], port: int, arguments: argparse.Namespace) -> None:
    environment = {**os.environ, "NODE_PATH": "/usr/share/nodejs"}
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        end = time.monotonic() + 20
        while True:
            try:
                connect(port).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > end:
                    print(f"{name}: did not start")
                    return
                time.sleep(0.05)
        for connections, size in ((1, 32), (64, 32), (64, 4096)):
            found = echoes(port, server.pid, connections, size, arguments.seconds)
            print(f"{name}: {connections} at once, {size} bytes: {found['rate']:.0f}/s, CPU {found['cpu']:.1f} us a message, "
                  f"p50 {found['p50']:.0f} us, p99 {found['p99']:.0f} us", flush=True)
        before, idle = memory(server.pid), []
        for _ in range(arguments.connections):
            idle.append(connect(port))
        time.sleep(1)
        each = (memory(server.pid) - before) / arguments.connections
        used = cpu(server.pid)
        time.sleep(5)
        used = cpu(server.pid) - used
        print(f"{name}: {arguments.connections} idle: {each / 1024:.2f} KiB each, CPU {used / 5 * 100:.1f} %", flush=True)
        found = echoes(port, server.pid, 1, 32, arguments.seconds)
        print(f"{name}: an echo beside them: p50 {found['p50']:.0f} us, p99 {found['p99']:.0f} us", flush=True)
        for one in idle:
            one.close()
    finally:
        server.kill()
        server.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        file = Path(folder) / "ropeway.json"
        file.write_text(json.dumps({"processes": 1, "threads": 1, "listen": [f"127.0.0.1:{port}"], "log": {"level": "error"},
                                    "limits": {"connections": arguments.connections + 1000},
                                    "routes": [{"match": "GET /echo", "handler": "echo"}]}))
        peers = {"ropeway": ([arguments.program, "run", "--config", str(file)], port)}
        for name, text, start in (("websockets", PYTHON, [sys.executable, "-c"]), ("ws", NODE, [shutil.which("node") or "node", "-e"])):
            other = free_port()
            peers[name] = ([*start, text.format(port=other)], other)
        for name, (command, number) in peers.items():
            if arguments.only in ("", name):
                measure(name, command, number, arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
