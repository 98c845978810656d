#!/usr/bin/env python3
"""Drives wrk against this server and Debian's nginx, side by side, and prints what each answered and what it cost in CPU.

Each server runs one worker on CPU 0, wrk runs on CPU 1, all on the loopback. Rounds alternate between the servers, so that what
disturbs the machine disturbs both; the table shows medians over the rounds. Before anything is measured, both servers' answers are compared
byte for byte with what they must be. CPU per request is the user and system time of the server's process group from /proc over the measured seconds.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
SERVER_CPU, LOAD_CPU = 0, 1
PLAIN = b"Hello, World!"
ROUTES = 1000  # as in routes.lua
# What five middlewares set, which nginx does by `add_header`.
FIELDS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "no-referrer", "Cache-Control": "max-age=60",
          "X-Served-By": "compare"}
FILES = {"1k.txt": 1024, "64k.txt": 64 * 1024, "10m.txt": 10 * 1024 * 1024}


class Row(NamedTuple):
    name: str
    path: str
    connections: int
    script: str = ""
    close: bool = False


ROWS = [
    Row("plaintext", "/plain", 64),
    Row("pipelined-16", "/plain", 64, script="pipelined.lua"),
    Row("routes-1000", "/api/r0/0", 64, script="routes.lua"),
    Row("middlewares-5", "/five", 64),
    Row("static-1k", "/static/1k.txt", 64),
    Row("static-64k", "/static/64k.txt", 64),
    Row("static-10m", "/static/10m.txt", 8),
    Row("connection-per-request", "/plain", 64, close=True),
]


class Server:
    """A server in a process group of its own, pinned to one CPU. `start` waits until it accepts; `stop` ends what was started, by its id."""

    def __init__(self, name: str, work: Path, folder: Path):
        self.name, self.work, self.folder = name, work, folder
        self.port = 0
        self.process: subprocess.Popen | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        self.port = free_port()
        command = ["taskset", "-c", str(SERVER_CPU), *self.command()]
        self.log = self.work / f"{self.name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"{self.name} did not start:\n{self.log.read_text(errors='replace')}")
                time.sleep(0.02)

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def processes(self) -> Iterator[tuple[str, list[str]]]:
        """The server's processes: of each its id, and the fields of its /proc/PID/stat behind the name."""
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                fields = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            if int(fields[3]) == self.process.pid:  # its session
                yield entry, fields

    def cpu(self) -> tuple[int, int]:
        """User and system ticks of the server's processes so far."""
        user = system = 0
        for _, fields in self.processes():
            user, system = user + int(fields[11]), system + int(fields[12])
        return user, system


class Ropeway(Server):
    def __init__(self, program: str, *arguments):
        super().__init__(*arguments)
        self.program = program

    def command(self) -> list[str]:
        config = self.work / f"{self.name}.json"
        plain = {"handler": "fixed_response", "options": {"body": PLAIN.decode(), "media_type": "text/plain"}}
        config.write_text(json.dumps({
            "processes": 1, "threads": 1, "listen": [f"127.0.0.1:{self.port}"],
            "routes": [
                {"match": "GET /plain", **plain},
                {"match": "GET /five", **plain, "middlewares": [
                    {"name": "response_fields", "options": {"set": {name: value}}} for name, value in FIELDS.items()]},
                *({"match": f"GET /api/r{number}/{{id}}", **plain} for number in range(ROUTES)),
                {"match": "/static/{path...}", "handler": "static_files", "options": {"root": str(self.folder)}},
            ],
            "log": {"access": {"file": ""}},
        }, indent=2))
        return [self.program, "run", "--config", str(config)]


class Nginx(Server):
    def command(self) -> list[str]:
        config = self.work / "nginx.conf"
        prefix = self.work / "nginx"
        prefix.mkdir(exist_ok=True)
        temporary = "\n".join(f"  {kind}_temp_path {prefix}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        routes = "\n".join(f'    location /api/r{number}/ {{ return 200 "{PLAIN.decode()}"; }}' for number in range(ROUTES))
        fields = " ".join(f'add_header {name} "{value}";' for name, value in FIELDS.items())
        user = "user root;" if os.getuid() == 0 else ""
        config.write_text(f"""{user}
daemon off;
worker_processes 1;
pid {prefix}/pid;
error_log stderr;
events {{ worker_connections 16384; multi_accept on; }}
http {{
{temporary}
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  keepalive_timeout 75s;
  default_type text/plain;
  open_file_cache max=1000 inactive=60s;
  server {{
    listen 127.0.0.1:{self.port} backlog=4096;
    location = /plain {{ return 200 "{PLAIN.decode()}"; }}
    location = /five {{ {fields} return 200 "{PLAIN.decode()}"; }}
{routes}
    location /static/ {{ alias {self.folder}/; }}
  }}
}}
""")
        return ["nginx", "-p", str(prefix), "-c", str(config)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def verify(server: Server) -> None:
    """Every answer that will be measured is right, byte for byte, on one connection and with `Connection: close`."""
    expected = {path: PLAIN for path in ("/plain", "/five", "/api/r0/0", f"/api/r{ROUTES - 1}/7")} | {f"/static/{name}": (server.folder / name).read_bytes() for name in FILES}
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for headers in ({}, {"Connection": "close"}):
        for path, body in expected.items():
            client.request("GET", path, headers=headers)
            answer = client.getresponse()
            got = answer.read()
            media_type = (answer.getheader("Content-Type") or "").split(";")[0]
            if answer.status != 200 or got != body or media_type != "text/plain":
                sys.exit(f"{server.name}: GET {path} is wrong: {answer.status} {media_type}, {len(got)} bytes of {len(body)}")
            if path == "/five" and any(answer.getheader(name) != value for name, value in FIELDS.items()):
                sys.exit(f"{server.name}: GET {path} lacks fields: {answer.getheaders()}")
    client.close()
    with socket.create_connection(("127.0.0.1", server.port), 10) as raw:
        raw.sendall(b"GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n" * 15 + b"GET /plain HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        got = b"".join(iter(lambda: raw.recv(65536), b""))
    if got.count(b"HTTP/1.1 200 OK\r\n") != 16 or got.count(b"\r\n\r\n" + PLAIN) != 16:
        sys.exit(f"{server.name}: 16 pipelined requests got {got.count(b'HTTP/1.1 200 OK')} answers")


def measure(server: Server, row: Row, seconds: float) -> dict[str, float]:
    command = ["taskset", "-c", str(LOAD_CPU), "wrk", "-t1", f"-c{row.connections}", f"-d{seconds:g}s", "--latency", "--timeout", "10s"]
    if row.close:
        command += ["-H", "Connection: close"]
    if row.script:
        command += ["-s", str(HERE / row.script)]
    before = server.cpu()
    done = subprocess.run([*command, f"http://127.0.0.1:{server.port}{row.path}"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    after = server.cpu()
    return read_wrk(done.stdout, server.name, row) | cpu_per_request(before, after, done.stdout)


def read_wrk(text: str, name: str, row: Row) -> dict[str, float]:
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    # With Connection: close a server that ends the connection is a read error to wrk only when bytes were lost: any other is a fault.
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if bad or (errors and any(int(one) for one in errors.groups())):
        print(f"warning: {name}, {row.name}: {(errors or bad)[0]}", file=sys.stderr)
    unit = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 6e7}
    latency = {at: float(value) * unit[suffix] for at, value, suffix in re.findall(r"^ +(50|99)% +([0-9.]+)(us|ms|s|m)$", text, re.M)}
    return {"requests_per_second": float(re.search(r"Requests/sec: +([0-9.]+)", text)[1]), "p50_us": latency["50"], "p99_us": latency["99"]}


def cpu_per_request(before: tuple[int, int], after: tuple[int, int], text: str) -> dict[str, float]:
    requests = int(re.search(r"^ +(\d+) requests in", text, re.M)[1])
    user, system = ((b - a) * 1e6 / TICKS / max(requests, 1) for a, b in zip(before, after))
    return {"user_us": user, "system_us": system, "cpu_us": user + system}


def table(results: dict[str, dict[str, dict[str, float]]], servers: list[str]) -> str:
    head = f"{'row':<24}{'server':<10}{'requests/s':>12}{'p50 us':>10}{'p99 us':>10}{'user us':>10}{'system us':>11}{'CPU us':>9}{'CPU ratio':>11}"
    lines = [head, "-" * len(head)]
    for row, by_server in results.items():
        for name in servers:
            one = by_server[name]
            ratio = f"{one['cpu_us'] / by_server[servers[-1]]['cpu_us']:.2f}" if len(servers) > 1 and name != servers[-1] else ""
            lines.append(f"{row:<24}{name:<10}{one['requests_per_second']:>12.0f}{one['p50_us']:>10.0f}{one['p99_us']:>10.0f}{one['user_us']:>10.2f}"
                         f"{one['system_us']:>11.2f}{one['cpu_us']:>9.2f}{ratio:>11}")
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(HERE.parent.parent / "build/release/ropeway"), help="the server to measure")
    parser.add_argument("--baseline", metavar="PROGRAM", help="another build of the server, for --servers ropeway,baseline")
    parser.add_argument("--servers", default="ropeway,nginx", help="a list of ropeway, baseline and nginx; the ratio is to the last (default: %(default)s)")
    parser.add_argument("--rows", default=",".join(row.name for row in ROWS), help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement (default: %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="write the medians and every round there")
    chosen = parser.parse_args()
    chosen.rows = [next((row for row in ROWS if row.name == name), None) or parser.error(f"no such row: {name}") for name in chosen.rows.split(",")]
    chosen.servers = chosen.servers.split(",")
    if not set(chosen.servers) <= {"ropeway", "baseline", "nginx"}:
        parser.error("--servers is a list of ropeway, baseline and nginx")
    if ("baseline" in chosen.servers) != (chosen.baseline is not None):
        parser.error("--baseline names the program for \"baseline\" among the --servers")
    if chosen.rounds < 1 or chosen.seconds < 1:
        parser.error("at least one round of one second")
    programs = {"ropeway": chosen.program, "baseline": chosen.baseline, "nginx": "nginx"}
    needed = ["taskset", "wrk"] + [programs[name] for name in chosen.servers]
    missing = [tool for tool in needed if not shutil.which(tool)]
    if missing or (os.cpu_count() or 1) < 2:
        parser.error(f"missing: {', '.join(missing)} (packaging/apt-bench.txt)" if missing else "two CPUs are needed")
    return chosen


def main() -> None:
    chosen = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="ropeway-compare-") as name:
        work = Path(name)
        folder = work / "site"
        folder.mkdir()
        for file, size in FILES.items():
            (folder / file).write_bytes((b"abcdefghijklmnopqrstuvwxyz012345678901234567890123456789012345\n" * (size // 63 + 1))[:size])
        builds = {"ropeway": chosen.program, "baseline": chosen.baseline}
        servers = [Nginx(one, work, folder) if one == "nginx" else Ropeway(builds[one], one, work, folder) for one in chosen.servers]
        rounds = {row.name: {server.name: [] for server in servers} for row in chosen.rows}
        try:
            for server in servers:
                server.start()
                verify(server)
            for row in chosen.rows:
                for server in servers:
                    measure(server, row, 1)  # warm
                for number in range(chosen.rounds):
                    for server in servers if number % 2 == 0 else reversed(servers):
                        rounds[row.name][server.name].append(measure(server, row, chosen.seconds))
        finally:
            for server in servers:
                server.stop()
    medians = {row: {server: {key: statistics.median(one[key] for one in many) for key in many[0]} for server, many in by_server.items()}
               for row, by_server in rounds.items()}
    print(table(medians, [server.name for server in servers]))
    if chosen.json:
        Path(chosen.json).write_text(json.dumps({"medians": medians, "rounds": rounds}, indent=2) + "\n")


if __name__ == "__main__":
    main()
