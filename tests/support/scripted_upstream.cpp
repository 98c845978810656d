#include "tests/support/scripted_upstream.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace ropeway::testing {
namespace {

constexpr int patience_ms = 20'000;

bool is_ready(int descriptor, short events, int milliseconds) {
  pollfd socket{descriptor, events, 0};
  return ::poll(&socket, 1, milliseconds) > 0;
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

ScriptedUpstream::ScriptedUpstream() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  if (::bind(descriptor_, name, size) != 0 || ::listen(descriptor_, 64) != 0 || ::getsockname(descriptor_, name, &size) != 0)
    fail("listen");
  url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

ScriptedUpstream::ScriptedUpstream(const std::string& path)
    : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), url_("unix:" + path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(descriptor_, 64) != 0) fail("listen");
}

ScriptedUpstream::~ScriptedUpstream() { ::close(descriptor_); }

ScriptedUpstream::Connection ScriptedUpstream::accept() const {
  if (!is_ready(descriptor_, POLLIN, patience_ms)) throw std::runtime_error("nobody has connected to the server behind");
  const int accepted = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  if (accepted < 0) fail("accept");
  return Connection(accepted);
}

bool ScriptedUpstream::has_visitor() const { return is_ready(descriptor_, POLLIN, 0); }

ScriptedUpstream::Connection::Connection(Connection&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), buffer_(std::move(other.buffer_)) {}

ScriptedUpstream::Connection& ScriptedUpstream::Connection::operator=(Connection&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

void ScriptedUpstream::Connection::receive() {
  if (!is_ready(descriptor_, POLLIN, patience_ms)) throw std::runtime_error("the proxy sends nothing; so far: " + buffer_);
  std::array<char, 65536> bytes;
  const ssize_t size = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  if (size <= 0) throw std::runtime_error("the proxy has ended the connection; so far: " + buffer_);
  buffer_.append(bytes.data(), static_cast<std::size_t>(size));
}

std::string ScriptedUpstream::Connection::read_head() {
  constexpr std::string_view end = "\r\n\r\n";
  while (buffer_.find(end) == std::string::npos) receive();
  return read_bytes(buffer_.find(end) + end.size());
}

std::string ScriptedUpstream::Connection::read_bytes(std::size_t count) {
  while (buffer_.size() < count) receive();
  std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

void ScriptedUpstream::Connection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    if (!is_ready(descriptor_, POLLOUT, patience_ms)) throw std::runtime_error("the proxy does not read");
    const ssize_t size = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

std::size_t ScriptedUpstream::Connection::send_until_blocked(std::size_t most, std::chrono::milliseconds quiet) const {
  const std::string piece(65536, 'x');
  std::size_t total = 0;
  while (total < most && is_ready(descriptor_, POLLOUT, static_cast<int>(quiet.count()))) {
    const ssize_t size = ::send(descriptor_, piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size > 0) total += static_cast<std::size_t>(size);
    if (size < 0 && errno != EAGAIN) fail("send");
  }
  return total;
}

bool ScriptedUpstream::Connection::ends() {
  if (!buffer_.empty()) return false;
  if (!is_ready(descriptor_, POLLIN, patience_ms)) throw std::runtime_error("the proxy keeps the connection open");
  char byte = 0;
  return ::recv(descriptor_, &byte, 1, 0) <= 0;
}

void ScriptedUpstream::Connection::send_until_refused(std::string_view bytes) const {
  while (!bytes.empty()) {
    if (!is_ready(descriptor_, POLLOUT, patience_ms)) throw std::runtime_error("the proxy does neither read nor refuse");
    const ssize_t size = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && errno != EAGAIN) return;
    if (size > 0) bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

void ScriptedUpstream::Connection::half_close() const noexcept { ::shutdown(descriptor_, SHUT_WR); }

void ScriptedUpstream::Connection::reset() noexcept {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void ScriptedUpstream::Connection::close() noexcept {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace ropeway::testing
