#!/usr/bin/env python3
"""Drives wrk against this server and Debian's nginx as reverse proxies, side by side, and prints what each cost in CPU for a request.

Behind both stands one nginx with small and large files, on the CPU of the load; each proxy has CPU 0 to itself, and keeps its connections. Rounds
alternate, and the table shows medians (see compare.py). Before anything is measured, both proxies' answers are compared with the files.
"""

import argparse
import http.client
import json
import statistics
import sys
import tempfile
from pathlib import Path

import compare
from compare import LOAD_CPU, Nginx, Row, Server

ROWS = [Row("proxy-1k", "/static/1k.txt", 64), Row("proxy-64k", "/static/64k.txt", 64), Row("proxy-10m", "/static/10m.txt", 8)]


class RopewayProxy(Server):
    def __init__(self, program: str, behind: Server, *arguments):
        super().__init__(*arguments)
        self.program, self.behind = program, behind

    def command(self) -> list[str]:
        config = self.work / f"{self.name}.json"
        config.write_text(json.dumps({
            "processes": 1, "threads": 1, "listen": [f"127.0.0.1:{self.port}"],
            "routes": [{"match": "/", "handler": "proxy", "options": {"upstreams": f"http://127.0.0.1:{self.behind.port}"}}],
            "log": {"access": {"file": ""}},
        }))
        return [self.program, "run", "--config", str(config)]


class NginxProxy(Nginx):
    def __init__(self, behind: Server, *arguments):
        super().__init__(*arguments)
        self.behind = behind

    def command(self) -> list[str]:
        command = super().command()
        config = self.work / "nginx.conf"
        text = config.read_text()
        location = ('location / { proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; '
                    "proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $http_host; }\n  }")
        text = text.replace("  server {", f"  upstream behind {{ server 127.0.0.1:{self.behind.port}; keepalive 128; keepalive_requests 1000000000; }}\n  server {{", 1)
        text = text[:text.index("    location = /plain")] + "    " + location + "\n}\n"
        config.write_text(text)
        return command


class Behind(Nginx):
    def start(self) -> None:
        compare.SERVER_CPU, own = LOAD_CPU, compare.SERVER_CPU
        try:
            super().start()
        finally:
            compare.SERVER_CPU = own


def verify(server: Server, folder: Path) -> None:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for row in ROWS:
        client.request("GET", row.path)
        if client.getresponse().read() != (folder / Path(row.path).name).read_bytes():
            sys.exit(f"{server.name}: GET {row.path} is wrong")
    client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(compare.HERE.parent.parent / "build/release/ropeway"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ropeway-proxies-") as name:
        work = Path(name)
        folder = work / "site"
        folder.mkdir()
        for file, size in compare.FILES.items():
            (folder / file).write_bytes(b"x" * size)
        places = {one: work / one for one in ("behind", "ropeway", "nginx")}
        for place in places.values():
            place.mkdir()
        behind = Behind("behind", places["behind"], folder)
        servers = [RopewayProxy(chosen.program, behind, "ropeway", places["ropeway"], folder), NginxProxy(behind, "nginx", places["nginx"], folder)]
        rounds = {row.name: {server.name: [] for server in servers} for row in ROWS}
        try:
            behind.start()
            for server in servers:
                server.start()
                verify(server, folder)
            for row in ROWS:
                for server in servers:
                    compare.measure(server, row, 1)  # warm
                for number in range(chosen.rounds):
                    for server in servers if number % 2 == 0 else reversed(servers):
                        rounds[row.name][server.name].append(compare.measure(server, row, chosen.seconds))
        finally:
            for server in [*servers, behind]:
                server.stop()
    medians = {row: {server: {key: statistics.median(one[key] for one in many) for key in many[0]} for server, many in by_server.items()}
               for row, by_server in rounds.items()}
    print(compare.table(medians, [server.name for server in servers]))


if __name__ == "__main__":
    main()
