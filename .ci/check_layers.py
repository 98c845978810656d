#!/usr/bin/env python3
"""Enforces the layers of docs/architecture.md: a folder includes what its row says and nothing else."""

import re
import sys
from typing import NamedTuple

from sources import ROOT, files

# Groups of outside headers, by name. Standard headers are `std`, but for those that a sans-I/O layer may not see.
IO_STD = {"thread", "mutex", "shared_mutex", "condition_variable", "future", "stop_token", "semaphore", "latch", "barrier",
          "chrono", "fstream", "iostream", "filesystem", "ctime", "csignal"}
GROUPS = [
    # sys/syscall.h: glibc 2.36 has no openat2()
    ("files", r"(unistd|fcntl|dirent|poll|linux/openat2|sys/(stat|mman|uio|sendfile|file|statfs|types|syscall|inotify))\.h"),
    ("addresses", r"(arpa/inet|netinet/in|sys/un)\.h"),
    ("sockets", r"(sys/(socket|epoll|eventfd|timerfd)|netinet/.*|arpa/.*|netdb|ifaddrs|net/.*|linux/(filter|bpf|if|tcp|sock_diag|sockios)\w*)\.h"),
    ("process", r"(signal|sched|pwd|grp|pthread|spawn|execinfo|getopt|termios|syslog|time"
                r"|sys/(wait|prctl|resource|time|signalfd|pidfd|ioctl|sysinfo|utsname|capability|random|auxv)"
                r"|linux/(futex|limits|close_range|pidfd|sched|prctl)|ucontext)\.h"),
    ("names", r"cxxabi\.h"),  # of symbols
    ("dl", r"(dlfcn|link|elf)\.h"),
    ("awaitable", r"asio/(awaitable|any_io_executor|execution_context|executor|this_coro|version)\.hpp"),
    ("asio", r"asio(/.*)?\.hpp"),
    ("json_fwd", r"nlohmann/json_fwd\.hpp"),
    ("json", r"ropeway/json_document\.hpp"),  # what nlohmann's own header has, compiled once
    ("uncompiled_json", r"nlohmann/json\.hpp"),
    ("spdlog", r"(spdlog|fmt)/.*\.h"),
    ("cli11", r"CLI/.*\.hpp"),
    ("openssl", r"openssl/.*\.h"),
    ("compression", r"(zlib|brotli/.*|zstd(_errors)?|libdeflate)\.h"),
    ("mustache", r"kainjow/mustache\.hpp"),
    ("doctest", r"doctest/doctest\.h"),
    ("benchmark", r"benchmark/benchmark\.h"),
]
STD = {"std", "io_std"}
POSIX = {"files", "addresses", "sockets", "process", "names"}


class Layer(NamedTuple):
    name: str
    folder: str
    ours: set[str] | None  # layers that it may include beside itself; None: any
    outside: set[str] | None  # groups of outside headers; None: any


# The longest folder that fits a file is its layer.
CORE = {"api", "testing_api", "http", "protocol", "config", "routing", "module", "observability", "database", "shared", "templates", "server"}
TABLE = [
    Layer("api", "core/include/ropeway", set(), STD | {"awaitable", "json_fwd"}),
    Layer("testing_api", "core/include/ropeway/testing", {"api"}, STD | {"awaitable", "json_fwd"}),
    # files: OpenFile closes its descriptor; openssl: cookies; json: contents of requests and responses
    Layer("json", "core/src/json", set(), {"json"}),
    Layer("http", "core/src/http", {"api"}, STD | {"compression", "files", "json", "json_fwd", "names", "openssl", "process"}),
    Layer("protocol", "core/src/protocol", {"api", "http"}, {"std"}),
    Layer("config", "core/src/config", {"api"}, STD | {"addresses", "json", "json_fwd"}),  # addresses: inet_pton, and how long a unix socket's path may be
    Layer("routing", "core/src/routing", {"api", "http"}, STD | {"awaitable"}),
    Layer("module", "core/src/module", {"api", "config"}, STD | {"dl", "names"}),
    # sockets: a log may be a pipe or a socket, which is written with MSG_DONTWAIT and poll
    Layer("observability", "core/src/observability", {"api"}, STD | POSIX | {"spdlog"}),
    Layer("database", "core/src/database", {"api"}, STD | {"asio", "awaitable"}),
    Layer("shared", "core/src/shared", {"api"}, STD | {"files", "process", "sockets"}),  # memory of all processes, its mutexes, and its eventfd
    Layer("templates", "core/src/templates", {"api"}, STD | {"json", "json_fwd", "mustache"}),
    Layer("server", "core/src/server", CORE, STD | POSIX | {"asio", "awaitable", "openssl"}),
    Layer("testing", "core/src/testing", CORE, STD | POSIX | {"asio", "awaitable", "json", "json_fwd"}),
    Layer("handlers_api", "handlers/include/ropeway", {"api"}, STD),
    Layer("handlers", "handlers", {"api", "handlers_api"}, STD | {"files", "asio", "awaitable", "json", "json_fwd"}),
    Layer("launch_api", "launcher/include/ropeway", {"api"}, STD),
    Layer("launcher", "launcher/src", CORE | {"launch_api", "builtin"}, STD | POSIX | {"cli11", "dl", "json", "json_fwd"}),
    Layer("project", "launcher/project", {"api", "handlers_api", "launch_api"}, STD | {"doctest"}),
    Layer("ejected", "launcher/ejected", {"api", "handlers_api", "launch_api"}, STD),
    Layer("examples", "examples", {"api", "handlers_api", "launch_api", "testing_api"}, STD | {"asio", "awaitable", "json", "json_fwd", "doctest"}),
    Layer("tests", "tests", None, None),
    Layer("bench", "bench", None, None),
    Layer("conan", "conan", None, None),
]
BUILTIN = "handlers/builtin.hpp"  # the one header of the handlers that the launcher may see
UMBRELLA = "core/include/ropeway/ropeway.hpp"  # the one public header that may see those of the rooms below
JSON = {"core/include/ropeway/json.hpp": "json", "core/include/ropeway/json_document.hpp": "uncompiled_json"}  # and no other public header
FOLDERS = {layer.folder: layer for layer in TABLE}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def layer_of(path: str) -> Layer | None:
    fitting = [folder for folder in FOLDERS if path.startswith(folder + "/")]
    return FOLDERS[max(fitting, key=len)] if fitting else None


def group_of(header: str) -> str | None:
    if re.fullmatch(r"[a-z0-9_]+", header):
        return "io_std" if header in IO_STD else "std"
    if re.fullmatch(r"(errno|string|stdlib|stdio|stdint|limits|ctype|assert|[ein]mmintrin|immintrin|arm_neon)\.h", header):
        return "std"
    return next((name for name, pattern in GROUPS if re.fullmatch(pattern, header)), None)


def violation(path: str, bracket: str, header: str) -> str | None:
    """Why the file `path` may not include `header`, or None."""
    layer = layer_of(path)
    if layer is None:
        return "this folder has no row in the table of .ci/check_layers.py"
    target = None
    if header.startswith("ropeway/") and group_of(header) is None:
        if bracket != "<":
            return "public headers are included as <ropeway/...>"
        room = next((room for room in ("handlers", "launcher") if (ROOT / room / "include" / header).exists()), "core")
        if room != "core" and path == UMBRELLA:
            return None
        target = layer_of(f"{room}/include/{header}")
    elif bracket == '"' and layer.name == "project" and (ROOT / "launcher/project/src" / header).exists():
        target = layer  # a project of its own, with its own root
    elif bracket == '"':
        target = layer_of(header)
        if target is None:
            return "our headers are included by their path from the project's root"
        if header == BUILTIN and layer.name == "launcher":
            return None
    if target is not None:
        if layer.name == "handlers" and target.name == "handlers":
            room = path.split("/")[1]
            return None if path.count("/") == 1 or header.split("/")[1] == room or header.count("/") == 1 else "a handler does not know another one"
        if target is layer or layer.ours is None or target.name in layer.ours:
            return None
        return f"{layer.name} may include {', '.join(sorted(layer.ours)) or 'no other layer'}; this is {target.name}"
    group = group_of(header)
    if layer.outside is None and group != "uncompiled_json":
        return None
    if group is not None and JSON.get(path) == group:
        return None
    if group is None:
        return "this outside header is in no group of .ci/check_layers.py"
    if group == "uncompiled_json":
        return "<ropeway/json_document.hpp> has it compiled"
    return None if group in layer.outside else f"{layer.name} may include {', '.join(sorted(layer.outside))}; this is {group}"


def violations(path: str, text: str) -> list[str]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        reason = violation(path, match[1], match[2]) if match else None
        if reason:
            found.append(f"{path}:{number}: {line.strip()}: {reason}")
    return found


def self_test() -> None:
    """The rules catch what they are there for, and let through what they must."""
    forbidden = [
        ("core/src/protocol/http1/parser.cpp", "#include <thread>"),
        ("core/src/protocol/http1/parser.cpp", "#include <chrono>"),
        ("core/src/protocol/codec.hpp", "#include <asio.hpp>"),
        ("core/src/protocol/codec.hpp", "#  include <nlohmann/json.hpp>"),
        ("core/src/protocol/codec.hpp", "#include <sys/socket.h>"),
        ("core/src/protocol/codec.hpp", '#include "core/src/server/worker.hpp"'),
        ("core/src/http/range.cpp", '#include "core/src/protocol/limits.hpp"'),
        ("core/src/http/range.cpp", '#include "range.hpp"'),
        ("core/include/ropeway/body.hpp", "#include <asio.hpp>"),
        ("core/include/ropeway/body.hpp", "#include <nlohmann/json.hpp>"),
        ("core/include/ropeway/body.hpp", "#include <ropeway/json_document.hpp>"),
        ("core/src/protocol/codec.hpp", "#include <ropeway/json_document.hpp>"),
        ("tests/core/config/units_test.cpp", "#include <nlohmann/json.hpp>"),
        ("core/include/ropeway/body.hpp", "#include <ropeway/launch.hpp>"),
        ("core/include/ropeway/body.hpp", "#include <ropeway/static_files.hpp>"),
        ("core/src/routing/site.cpp", '#include "core/src/config/loader.hpp"'),
        ("core/src/server/worker.cpp", '#include "handlers/builtin.hpp"'),
        ("handlers/redirect/redirect.cpp", '#include "core/src/http/range.hpp"'),
        ("handlers/redirect/redirect.cpp", '#include "handlers/health/health.hpp"'),
        ("launcher/src/launch.cpp", '#include "handlers/health/health.hpp"'),
        ("examples/hello/main.cpp", '#include "core/src/server/worker.hpp"'),
        ("elsewhere/x.cpp", "#include <string>"),
    ]
    allowed = [
        ("core/src/protocol/http1/parser.cpp", "#include <string_view>"),
        ("core/src/protocol/http1/parser.cpp", '#include "core/src/http/request_head.hpp"'),
        ("core/src/protocol/http1/parser.cpp", "// #include <thread>"),
        ("core/include/ropeway/awaitable.hpp", "#include <asio/awaitable.hpp>"),
        ("core/include/ropeway/json_document.hpp", "#include <nlohmann/json.hpp>"),
        ("core/include/ropeway/json.hpp", "#include <ropeway/json_document.hpp>"),
        ("handlers/builtin.cpp", '#include "handlers/health/health.hpp"'),
        ("handlers/redirect/redirect.cpp", '#include "handlers/field_options.hpp"'),
        ("handlers/static_files/static_files.cpp", "#include <ropeway/static_files.hpp>"),
        ("launcher/src/launch.cpp", '#include "handlers/builtin.hpp"'),
        ("core/src/testing/call.cpp", '#include "core/src/server/worker.hpp"'),
        ("tests/core/http/range_test.cpp", '#include "core/src/http/range.hpp"'),
    ]
    for path, line in forbidden:
        assert violations(path, line), f"not caught: {path}: {line}"
    for path, line in allowed:
        assert not violations(path, line), f"caught by mistake: {violations(path, line)}"


def main() -> int:
    self_test()
    names = files("*.cpp", "*.hpp", "*.h")
    found = [line for name in names for line in violations(name, (ROOT / name).read_text())]
    print("\n".join(found + [f"{len(names)} files, {len(found)} violations of the layers"]))
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
