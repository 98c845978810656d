#include "launcher/src/serve.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "core/src/config/printable.hpp"
#include "core/src/config/syntax.hpp"
#include "launcher/src/banner.hpp"
#include "launcher/src/exit_code.hpp"
#include "launcher/src/new_project.hpp"
#include "launcher/src/service.hpp"

namespace ropeway::launcher {
namespace {

namespace fs = std::filesystem;

// A JSON string (RFC 8259 §7). Bytes above 0x7F stay: the loader checks that they are UTF-8.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      result += escape;
    } else {
      result += c;
    }
  }
  return result + "\"";
}

bool machine_has_ipv6() {
  const Descriptor socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  return socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
}

std::vector<std::string> listen_addresses(const ServeOptions& options) {
  const std::string port = ":" + std::to_string(options.port);
  std::vector<std::string> addresses;
  for (const auto& host : options.bind) {
    const bool ipv6 = host.find(':') != std::string::npos;
    const std::string address = std::string(ipv6 ? "[" : "").append(host).append(ipv6 ? "]" : "").append(port);
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
  }
  if (!addresses.empty()) return addresses;
  addresses.push_back("0.0.0.0" + port);
  if (machine_has_ipv6()) addresses.push_back("[::]" + port);
  return addresses;
}

std::string access_log_member(const ServeOptions& options, bool terminal) {
  if (!options.access_log && options.quiet) return {};
  const std::string file = options.access_log.value_or("-");
  const bool coloured = file == "-" && terminal;
  return R"(, "access": { "file": )" + quoted(file) + R"(, "format": )" + (coloured ? "\"terminal\"" : "\"combined\"") + " }";
}

int refuse(const std::string& sentence) {
  std::fprintf(stderr, "ropeway: %s\n", config::printable(sentence).c_str());
  return exit_code::usage;
}

// The root as the configuration names it. JSON can hold no name that is not UTF-8 (RFC 8259 §8.1); such a folder becomes the current one.
std::string named_root(const fs::path& folder) {
  if (!config::encoding_fault(folder.string())) return folder.string();
  fs::current_path(folder);
  return ".";
}

// The options with whole paths, if they can be served; otherwise `mistake` says why not.
std::optional<ServeOptions> absolute(const ServeOptions& options, std::string& mistake) {
  ServeOptions result = options;
  std::error_code error;
  const fs::path folder = fs::canonical(options.folder, error);
  const std::string cannot = "cannot serve " + options.folder + ": ";
  if (options.folder.empty()) {
    mistake = "the name of the folder is empty; . is the current one";
  } else if (error) {
    mistake = cannot + error.message() + ". Name a folder that exists: ropeway serve DIR";
  } else if (!fs::is_directory(folder, error)) {
    mistake = cannot + "it is not a folder. Serve the one that it is in: ropeway serve " + folder.parent_path().string();
  } else if (::access(folder.c_str(), R_OK | X_OK) != 0) {
    mistake = cannot + "this user may not read it";
  } else if (options.access_log && options.access_log->empty()) {
    mistake = "--log-access needs the name of a file; - is the terminal";
  } else if (options.access_log && options.access_log != "-") {
    result.access_log = fs::absolute(*options.access_log).string();
    if (config::encoding_fault(*result.access_log)) mistake = "the path of the access log must be UTF-8: " + *result.access_log;
  }
  if (!mistake.empty()) return std::nullopt;
  result.folder = folder.string();
  return result;
}

}  // namespace

std::string serve_configuration(const ServeOptions& options, const std::string& folder, const std::vector<std::string>& addresses,
                                bool terminal) {
  std::string listen;
  for (const auto& address : addresses) listen += (listen.empty() ? "" : ", ") + quoted(address);
  const auto count = [](const std::optional<unsigned>& value) { return value ? std::to_string(*value) : std::string("\"auto\""); };
  return "{\n  \"processes\": " + count(options.processes) + ",\n  \"threads\": " + count(options.threads) + ",\n  \"listen\": [" + listen +
         "],\n  \"routes\": [{\n    \"match\": \"GET /{path...}\",\n    \"handler\": \"static_files\",\n    \"options\": { \"root\": " +
         quoted(folder) + ", \"listing\": " + (options.listing ? "true" : "false") + " }\n  }],\n  \"log\": { \"level\": \"warning\"" +
         access_log_member(options, terminal) + " }\n}\n";
}

int serve_folder(const Options& command, const Register& register_handlers) {
  std::string mistake;
  const auto options = absolute(command.serve, mistake);
  if (!options) return refuse(mistake);
  Service service;
  service.source = {"(command line)",
                    serve_configuration(*options, named_root(options->folder), listen_addresses(*options), ::isatty(STDOUT_FILENO) == 1)};
  service.register_handlers = &register_handlers;
  service.ready_descriptor = command.ready_descriptor;
  service.arguments = command.arguments;
  service.listen_hint = "Choose another port: --port 0 takes a free one";
  if (!options->quiet) {
    service.on_ready = [folder = options->folder](const std::vector<BoundAddress>& addresses, const Workforce& force) {
      std::fputs(banner(config::printable(folder), reachable_urls(addresses, interface_addresses()), force).c_str(), stdout);
      std::fflush(stdout);
    };
  }
  return run_service(service);
}

int eject_folder(const Options& command) {
  std::string mistake;
  const auto options = absolute(command.serve, mistake);
  if (!options) return refuse(mistake);
  if (config::encoding_fault(options->folder)) return refuse("a configuration can name no folder that is not UTF-8: " + options->folder);
  return eject_project(command.project,
                       serve_configuration(*options, options->folder, listen_addresses(*options), ::isatty(STDOUT_FILENO) == 1));
}

}  // namespace ropeway::launcher
