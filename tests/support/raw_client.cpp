#include "tests/support/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace ropeway::testing {
namespace {

bool same_name(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [&](char a, char b) { return lower(a) == lower(b); });
}

std::system_error system_failure(const std::string& what) { return {errno, std::generic_category(), what}; }

std::size_t number(std::string_view digits, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size())
    throw std::runtime_error("not a number: \"" + std::string(digits) + "\"");
  return value;
}

union AnyAddress {
  sockaddr generic;
  sockaddr_in ipv4;
  sockaddr_in6 ipv6;
  sockaddr_un local;
};

socklen_t fill(AnyAddress& out, const SocketAddress& address) {
  std::memset(&out, 0, sizeof(out));
  if (address.is_unix()) {
    out.local.sun_family = AF_UNIX;
    if (address.path.size() >= sizeof(out.local.sun_path)) throw std::runtime_error("too long for a unix socket: " + address.path);
    address.path.copy(out.local.sun_path, sizeof(out.local.sun_path) - 1);
    return sizeof(out.local);
  }
  if (::inet_pton(AF_INET, address.host.c_str(), &out.ipv4.sin_addr) == 1) {
    out.ipv4.sin_family = AF_INET;
    out.ipv4.sin_port = htons(address.port);
    return sizeof(out.ipv4);
  }
  if (::inet_pton(AF_INET6, address.host.c_str(), &out.ipv6.sin6_addr) != 1)
    throw std::runtime_error("not a numeric host: " + address.host);
  out.ipv6.sin6_family = AF_INET6;
  out.ipv6.sin6_port = htons(address.port);
  return sizeof(out.ipv6);
}

}  // namespace

std::string RawResponse::field(std::string_view name) const {
  for (const auto& [field_name, value] : fields) {
    if (same_name(field_name, name)) return value;
  }
  return "";
}

bool RawResponse::has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return same_name(field.first, name); });
}

RawClient::RawClient(const SocketAddress& address, std::chrono::milliseconds patience) : patience_(patience) {
  AnyAddress target;
  const socklen_t size = fill(target, address);
  descriptor_ = ::socket(target.generic.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor_ < 0) throw system_failure("socket");
  try {
    if (!address.is_unix()) {
      const int on = 1;
      ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    if (::connect(descriptor_, &target.generic, size) == 0) return;
    if (errno != EINPROGRESS) throw system_failure("connect");
    wait(POLLOUT, deadline(), "a connection");
    socklen_t length = sizeof(errno);
    int error = 0;
    ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &length);
    errno = error;
    if (error != 0) throw system_failure("connect");
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

RawClient::~RawClient() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

RawClient::RawClient(RawClient&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), patience_(other.patience_), buffer_(std::move(other.buffer_)) {}

void RawClient::wait(short events, Deadline until, std::string_view what) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd entry{descriptor_, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (ready > 0) return;
    if (ready < 0 && errno == EINTR) continue;
    throw std::runtime_error("no " + std::string(what) + " in time; what had come: \"" + buffer_.substr(0, 500) + "\"");
  }
}

void RawClient::send(std::string_view bytes) {
  if (send_until_refused(bytes) < bytes.size()) throw system_failure("send");
}

void RawClient::send_what_fits(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::size_t RawClient::send_until_refused(std::string_view bytes) {
  const Deadline until = deadline();
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count >= 0) {
      sent += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      wait(POLLOUT, until, "room to send");
    } else if (errno != EINTR) {
      return sent;
    }
  }
  return sent;
}

bool RawClient::receive(Deadline until, std::string_view what) {
  std::array<char, 65536> part;
  for (;;) {
    const ssize_t count = ::recv(descriptor_, part.data(), part.size(), 0);
    if (count > 0) {
      buffer_.append(part.data(), static_cast<std::size_t>(count));
      return true;
    }
    if (count == 0) return false;
    if (errno == EAGAIN) {
      wait(POLLIN, until, what);
    } else if (errno != EINTR) {
      throw system_failure("while waiting for " + std::string(what) + ", with \"" + buffer_.substr(0, 500) + "\" come");
    }
  }
}

std::string RawClient::take(std::size_t count, Deadline until) {
  while (buffer_.size() < count) {
    if (!receive(until, "more of a body")) {
      throw std::runtime_error("the peer closed after " + std::to_string(buffer_.size()) + " of " + std::to_string(count) + " bytes");
    }
  }
  std::string taken = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return taken;
}

std::string RawClient::take_line(Deadline until) {
  for (std::size_t searched = 0;;) {
    const std::size_t end = buffer_.find("\r\n", searched);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 2);
      return line;
    }
    searched = buffer_.empty() ? 0 : buffer_.size() - 1;
    if (!receive(until, "response")) throw std::runtime_error("the peer closed after \"" + buffer_.substr(0, 500) + "\"");
  }
}

RawResponse RawClient::read_response(bool to_head) {
  const Deadline until = deadline();
  RawResponse response;
  const std::string line = take_line(until);
  if (!line.starts_with("HTTP/1.") || line.size() < 13 || line[8] != ' ' || line[12] != ' ')
    throw std::runtime_error("not a status line: " + line);
  response.version = line.substr(0, 8);
  response.status = static_cast<int>(number(std::string_view(line).substr(9, 3), 10));
  response.reason = line.substr(13);
  read_fields(response, until);
  const bool bodiless = to_head || response.status < 200 || response.status == 204 || response.status == 304;
  if (!bodiless) read_body(response, until);
  return response;
}

void RawClient::read_fields(RawResponse& response, Deadline until) {
  for (std::string line = take_line(until); !line.empty(); line = take_line(until)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0) throw std::runtime_error("not a field line: " + line);
    std::string_view value = std::string_view(line).substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
    response.fields.emplace_back(line.substr(0, colon), value);
  }
}

void RawClient::read_body(RawResponse& response, Deadline until) {
  response.chunked = same_name(response.field("Transfer-Encoding"), "chunked");
  if (response.chunked && response.has("Content-Length"))
    throw std::runtime_error("a response with both Transfer-Encoding and Content-Length");
  if (response.chunked) {
    read_chunks(response, until);
  } else if (response.has("Content-Length")) {
    response.body = take(number(response.field("Content-Length"), 10), until);
  } else {
    while (receive(until, "end of the response")) {}
    response.body = std::exchange(buffer_, {});
  }
}

void RawClient::read_chunks(RawResponse& response, Deadline until) {
  for (;;) {
    const std::string line = take_line(until);
    const std::size_t size = number(std::string_view(line).substr(0, line.find(';')), 16);
    if (size == 0) break;
    response.body += take(size, until);
    if (take(2, until) != "\r\n") throw std::runtime_error("a chunk that does not end with CRLF");
  }
  read_fields(response, until);  // the trailers
}

RawResponse RawClient::get(std::string_view target, std::string_view further_fields) {
  return exchange("GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(further_fields) + "\r\n");
}

std::string RawClient::read_until_close() {
  const Deadline until = deadline();
  while (receive(until, "end of the connection")) {}
  end_sending();
  return std::exchange(buffer_, {});
}

std::string RawClient::read_bytes(std::size_t count) { return take(count, deadline()); }

bool RawClient::ends_without_more() {
  const Deadline until = deadline();
  if (!buffer_.empty()) return false;
  char byte = 0;
  for (;;) {
    const ssize_t count = ::recv(descriptor_, &byte, 1, 0);
    if (count == 0) end_sending();
    if (count >= 0) return count == 0;
    if (errno == ECONNRESET) return true;
    if (errno == EAGAIN) {
      wait(POLLIN, until, "end of the connection");
    } else if (errno != EINTR) {
      throw system_failure("recv");
    }
  }
}

// As a client does that has seen the peer's end; it may have ended its own side before.
void RawClient::end_sending() noexcept { ::shutdown(descriptor_, SHUT_WR); }

void RawClient::half_close() {
  if (::shutdown(descriptor_, SHUT_WR) != 0) throw system_failure("shutdown");
}

void RawClient::reset() {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  ::close(std::exchange(descriptor_, -1));
}

bool is_listening(const SocketAddress& address) {
  try {
    const RawClient client(address);
    return true;
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::connection_refused || error.code() == std::errc::no_such_file_or_directory) return false;
    throw;
  }
}

}  // namespace ropeway::testing
