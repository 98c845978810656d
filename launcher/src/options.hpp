#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ropeway::launcher {

/// What `serve` was asked for.
struct ServeOptions {
  std::string folder = ".";
  std::uint16_t port = 8000;
  std::vector<std::string> bind;  // numeric addresses; empty: all
  std::optional<unsigned> processes;
  std::optional<unsigned> threads;
  bool listing = true;
  std::optional<std::string> access_log;  // a file, or "-"
  bool quiet = false;
};

/// What `dev` was asked for.
struct DevOptions {
  std::string folder = ".";
  std::string build = "build";        // relative to the folder
  std::string target;                 // CMake's name of the program; empty: the only one
  std::string config;                 // empty: ropeway.json of the folder
  std::optional<std::uint16_t> port;  // of a folder without a configuration
  std::vector<std::string> ignored;   // names of files and folders whose changes mean nothing
};

/// A command line that was understood.
struct Options {
  enum class Command : std::uint8_t {
    run,
    check,
    plan,
    explain,
    routes,
    schema,
    serve,
    dev,
    new_project,
    eject,
    status,
    reload,
    upgrade,
    scale,
    top,
    drill,
    reopen,
    stop
  };
  Command command = Command::run;
  std::string config = "ropeway.json";
  int ready_descriptor = -1;  // -1: none
  bool markdown = false;      // of `schema`
  std::string modules_of;     // of `schema`: a configuration; empty: no modules
  std::string control;        // the control socket of a server; empty: the configuration says it
  std::string setting;        // of `explain`: "limits.body_bytes", or "/limits/body_bytes"; empty: all
  std::string project;        // of `new` and `eject`: its folder
  std::string new_config;     // of `plan`; empty: `config`
  std::string from;           // of `plan`; empty: what runs
  bool json = false;          // of `status`, `reload`, `upgrade`, `plan`, `explain` and `routes`
  bool wait = false;          // of `reload`, `upgrade` and `stop`
  bool fast = false;          // of `stop`
  unsigned processes = 0;     // of `scale`
  double interval = 1;        // of `top`: seconds between two pages
  std::string fault;          // of `drill`, and what follows
  unsigned seconds = 10;
  std::string path = "/";
  unsigned connections = 64;
  unsigned rate = 100;     // new connections a second
  unsigned pause_ms = 10;  // between two requests of a connection
  unsigned count = 0;      // of `top`: pages; 0: any number
  ServeOptions serve;
  DevOptions dev;
  std::vector<std::string> arguments;  // the command line, with the program's name, without what is of one run alone (`--ready-fd`)
};

/// A command line, or what to print instead and the exit code.
struct Parsed {
  std::optional<Options> options;
  std::string text;  // for standard output where the code is 0 (help, version), for standard error otherwise
  int exit_code = 0;
};

/// Reads the command line of the `ropeway` program (`serves`: it has `serve`, and wants a command) or of a program of its own (which
/// runs where no command is named).
[[nodiscard]] Parsed parse_options(int argc, const char* const argv[], bool serves);

}  // namespace ropeway::launcher
