#include "launcher/src/inheritance.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

#include <ropeway/json_document.hpp>

namespace ropeway::launcher {
namespace {

using nlohmann::json;

constexpr int format_version = 1;
constexpr const char* variable = "ROPEWAY_INHERIT";

bool keep_open(int descriptor, bool open) noexcept {
  const int flags = ::fcntl(descriptor, F_GETFD);
  return flags >= 0 && ::fcntl(descriptor, F_SETFD, open ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC) == 0;
}

}  // namespace

std::vector<int> Inheritance::descriptors() const {
  std::vector<int> all;
  for (const Listeners& group : listeners) all.insert(all.end(), group.descriptors.begin(), group.descriptors.end());
  for (const Activated& socket : activated) all.push_back(socket.descriptor);
  for (const int each : {give, take, shared, bell, control, pid_file, news}) {
    if (each >= 0) all.push_back(each);
  }
  return all;
}

std::string Inheritance::to_json() const {
  json groups = json::array();
  for (const Listeners& group : listeners) {
    groups.push_back({{"family", static_cast<int>(group.address.family)},
                      {"host", group.address.host},
                      {"asked", group.address.port},
                      {"port", group.port},
                      {"proxy_protocol", group.address.proxy_protocol},
                      {"stream", group.address.stream.has_value()},
                      {"descriptors", group.descriptors}});
  }
  json sockets = json::array();
  for (const Activated& socket : activated) sockets.push_back({{"descriptor", socket.descriptor}, {"name", socket.name}});
  const json all{{"version", format_version},
                 {"launcher", launcher},
                 {"generation", generation},
                 {"processes", processes},
                 {"listeners", std::move(groups)},
                 {"activated", std::move(sockets)},
                 {"give", give},
                 {"take", take},
                 {"shared", shared},
                 {"bell", bell},
                 {"control", control},
                 {"control_path", control_path},
                 {"control_device", control_device},
                 {"control_inode", control_inode},
                 {"pid_file", pid_file},
                 {"pid_file_path", pid_file_path},
                 {"news", news}};
  return all.dump(-1, ' ', true, json::error_handler_t::replace);
}

std::optional<Inheritance> Inheritance::from_json(const std::string& text) {
  try {
    const json all = json::parse(text);
    if (all.at("version") != format_version) return std::nullopt;
    Inheritance result;
    all.at("launcher").get_to(result.launcher);
    all.at("generation").get_to(result.generation);
    result.processes = all.value("processes", 0U);
    for (const json& group : all.at("listeners")) {
      Listeners& listeners = result.listeners.emplace_back();
      listeners.address.family = static_cast<config::ListenAddress::Family>(group.at("family").get<int>());
      group.at("host").get_to(listeners.address.host);
      group.at("asked").get_to(listeners.address.port);
      group.at("port").get_to(listeners.port);
      listeners.address.proxy_protocol = group.value("proxy_protocol", false);
      if (group.value("stream", false)) listeners.address.stream = 0;  // whichever: it is this program's configuration that counts
      group.at("descriptors").get_to(listeners.descriptors);
      if (listeners.descriptors.empty()) return std::nullopt;
    }
    // From an older program, this does not come.
    result.shared = all.value("shared", -1);
    result.bell = all.value("bell", -1);
    result.pid_file = all.value("pid_file", -1);
    result.pid_file_path = all.value("pid_file_path", std::string());
    for (const json& socket : all.value("activated", json::array())) {
      Activated& activated = result.activated.emplace_back();
      socket.at("descriptor").get_to(activated.descriptor);
      socket.at("name").get_to(activated.name);
    }
    all.at("give").get_to(result.give);
    all.at("take").get_to(result.take);
    all.at("control").get_to(result.control);
    all.at("control_path").get_to(result.control_path);
    all.at("control_device").get_to(result.control_device);
    all.at("control_inode").get_to(result.control_inode);
    all.at("news").get_to(result.news);
    return result;
  } catch (const json::exception&) { return std::nullopt; }
}

bool Inheritance::pass_on() const noexcept {
  try {
    const std::string text = to_json();
    const int file = ::memfd_create("ropeway-inheritance", 0);
    if (file < 0 || !write_all(file, text.data(), text.size())) return false;
    for (const int descriptor : descriptors()) {
      if (!keep_open(descriptor, true)) return false;
    }
    return ::setenv(variable, std::to_string(file).c_str(), 1) == 0;
  } catch (const std::exception&) { return false; }
}

std::optional<Inheritance> Inheritance::take_up() {
  const char* number = std::getenv(variable);
  if (number == nullptr) return std::nullopt;
  int opened = -1;
  std::from_chars(number, number + std::strlen(number), opened);
  const Descriptor file(opened);
  ::unsetenv(variable);
  std::string text;
  char buffer[4096];
  for (off_t at = 0;; at = static_cast<off_t>(text.size())) {
    const ssize_t size = ::pread(file.get(), buffer, sizeof buffer, at);
    if (size <= 0) break;
    text.append(buffer, static_cast<std::size_t>(size));
  }
  auto result = from_json(text);
  if (!result) return std::nullopt;
  for (const int descriptor : result->descriptors()) {
    if (!keep_open(descriptor, false)) return std::nullopt;
  }
  return result;
}

}  // namespace ropeway::launcher
