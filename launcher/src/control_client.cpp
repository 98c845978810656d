#include "launcher/src/control_client.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "core/src/config/loader.hpp"
#include "core/src/config/printable.hpp"
#include "launcher/src/application.hpp"
#include "launcher/src/control_path.hpp"
#include "launcher/src/descriptor.hpp"
#include "launcher/src/exit_code.hpp"
#include "launcher/src/status.hpp"

namespace ropeway::launcher {
namespace {

using nlohmann::json;
using Command = Options::Command;

// What a file says that has mistakes elsewhere: it may be the one that is to be reloaded.
std::optional<std::string> stated_control(const std::string& text, const std::string& file) {
  const json root = json::parse(text, nullptr, false);
  if (!root.is_object() || !root.contains("control") || !root["control"].is_string()) return std::nullopt;
  std::string control = root["control"].get<std::string>();
  if (control.empty() || control == "auto") return control;
  return (std::filesystem::path(file).parent_path() / control).string();
}

// Where the server of that configuration listens for commands. A file that has mistakes may still say it; one that cannot be read, or that
// says nothing, means the automatic place.
std::string control_path(const Options& options, const Register& register_handlers) {
  if (!options.control.empty()) return options.control;
  const config::FileText read = config::read_text(options.config);
  std::string configured = "auto";
  if (read.error == 0) {
    const config::Loaded loaded = Application(register_handlers).load({options.config, read.text});
    const auto& config = loaded.config != nullptr ? loaded.config : loaded.sound;
    configured = config != nullptr ? config->control : stated_control(read.text, options.config).value_or("auto");
  }
  if (configured.empty()) throw std::runtime_error("the configuration has no control socket (\"control\": \"\")");
  return configured == "auto" ? automatic_control_path(options.config, directory_by_name()) : configured;
}

Descriptor connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error(path + ": the path is too long for a unix socket");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket && ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
  const int error = errno;
  std::string text = path + ": " + std::strerror(error);
  if (error == ENOENT || error == ECONNREFUSED) {
    text += ". No server with this configuration runs for this user; name its file with --config, or the socket with --control";
  }
  throw std::runtime_error(text);
}

// The next line; nothing where the server has ended the connection.
std::optional<std::string> read_line(int socket) {
  std::string line;
  char byte = 0;
  for (;;) {
    const ssize_t size = ::read(socket, &byte, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return std::nullopt;
    if (byte == '\n') return line;
    line += byte;
  }
}

json request_of(const Options& options) {
  switch (options.command) {
    case Command::reload: return {{"command", "reload"}, {"wait", options.wait}};
    case Command::upgrade: return {{"command", "upgrade"}, {"wait", options.wait}};
    case Command::reopen: return {{"command", "reopen"}};
    case Command::stop: return {{"command", "stop"}, {"fast", options.fast}};
    default: return {{"command", "status"}};
  }
}

std::string share_of(const json& tally) {
  return std::to_string(tally["server_errors"].get<std::uint64_t>()) + " errors in " +
         std::to_string(tally["requests"].get<std::uint64_t>()) + " answers";
}

int tell_verdict(const json& verdict, bool as_json) {
  const std::string state = verdict["state"].get<std::string>();
  const std::string reason = verdict["reason"].get<std::string>();
  if (as_json) {
    std::printf("%s\n", verdict.dump(2).c_str());
  } else if (state == "done") {
    std::printf("reloaded: generation %u\n", verdict["generation"].get<unsigned>());
  } else {
    std::fputs(verdict["report"].get<std::string>().c_str(), stderr);
    std::fprintf(stderr, "%s: %s; the old configuration serves on\n", state.c_str(), config::printable(reason).c_str());
    if (verdict.contains("canary") && verdict["canary"]["requests"].get<std::uint64_t>() > 0) {
      std::fprintf(stderr, "the new worker had %s, the others %s\n", share_of(verdict["canary"]).c_str(),
                   share_of(verdict["others"]).c_str());
    }
  }
  if (state == "done") return exit_code::success;
  return state == "refused" ? exit_code::usage : exit_code::failure;
}

int tell_upgrade(const json& verdict, bool as_json) {
  const bool done = verdict["state"] == "done";
  if (as_json) {
    std::printf("%s\n", verdict.dump(2).c_str());
  } else if (done) {
    std::printf("upgraded: pid %d\n", verdict["pid"].get<int>());
  } else {
    std::fprintf(stderr, "failed: %s; the old program serves on\n", config::printable(verdict["reason"].get<std::string>()).c_str());
  }
  return done ? exit_code::success : exit_code::failure;
}

json answer_to(const json& request, const Descriptor& socket) {
  const std::string text = request.dump() + "\n";
  std::optional<std::string> line;
  if (write_all(socket.get(), text.data(), text.size())) line = read_line(socket.get());
  if (!line) throw std::runtime_error("the server has ended the conversation");
  return json::parse(*line);
}

int converse(const Options& options, const Descriptor& socket) {
  const json answer = answer_to(request_of(options), socket);
  if (answer.contains("reload")) return tell_verdict(answer["reload"], options.json);
  if (answer.contains("upgrade")) return tell_upgrade(answer["upgrade"], options.json);
  if (!answer["ok"].get<bool>()) throw std::runtime_error(answer["error"].get<std::string>());
  if (options.command == Command::status) {
    std::fputs(options.json ? (answer["status"].dump(2) + "\n").c_str() : status_text(answer["status"]).c_str(), stdout);
  }
  if (options.command == Command::stop && options.wait) {
    while (read_line(socket.get())) {}
  }
  return exit_code::success;
}

}  // namespace

json ask_server(const Options& options, const Register& register_handlers, const json& request) {
  json answer = answer_to(request, connect_to(control_path(options, register_handlers)));
  if (!answer["ok"].get<bool>()) throw std::runtime_error(answer["error"].get<std::string>());
  return answer;
}

int control_server(const Options& options, const Register& register_handlers) {
  try {
    return converse(options, connect_to(control_path(options, register_handlers)));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ropeway: %s\n", config::printable(error.what()).c_str());
    return exit_code::failure;
  }
}

}  // namespace ropeway::launcher
