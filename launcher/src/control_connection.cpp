#include "launcher/src/control_connection.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <ropeway/json_document.hpp>

#include "core/src/config/loader.hpp"
#include "launcher/src/application.hpp"
#include "launcher/src/control_path.hpp"

namespace ropeway::launcher {
namespace {

using nlohmann::json;

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
std::string control_path(const Options& options) {
  if (!options.control.empty()) return options.control;
  const config::FileText read = config::read_text(options.config);
  std::string configured = "auto";
  if (read.error == 0) {
    const config::Loaded loaded = load_outline({options.config, read.text});
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

}  // namespace

ControlConnection::ControlConnection(const Options& options) : socket_(connect_to(control_path(options))) {}

json ControlConnection::ask(const json& request) {
  const std::string line = request.dump() + "\n";
  if (write_all(socket_.get(), line.data(), line.size())) {
    if (const auto answer = read_line()) return json::parse(*answer);
  }
  throw ConversationEnded();
}

void ControlConnection::wait_for_end() {
  while (read_line()) {}
}

std::optional<std::string> ControlConnection::read_line() {
  for (;;) {
    if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    char bytes[16 * 1024];
    const ssize_t size = ::read(socket_.get(), bytes, sizeof bytes);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return std::nullopt;
    received_.append(bytes, static_cast<std::size_t>(size));
  }
}

}  // namespace ropeway::launcher
