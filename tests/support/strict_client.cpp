#include "tests/support/strict_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace ropeway::testing {
namespace {

using Clock = std::chrono::steady_clock;

// The size of an answer whose head is whole, by its Content-Length; 0 while the head is not.
std::size_t answer_size(const std::string& text) {
  const std::size_t head = text.find("\r\n\r\n");
  if (head == std::string::npos) return 0;
  constexpr std::string_view name = "Content-Length: ";
  const std::size_t at = text.find(name);
  std::size_t length = 0;
  if (at < head) std::from_chars(text.data() + at + name.size(), text.data() + head, length);
  return head + 4 + length;
}

}  // namespace

struct StrictClient::Connection {
  ~Connection() { close(); }
  void close() noexcept {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
  }
  int descriptor = -1;
  bool once = false;
  bool is_out = false;  // a request
  std::uint64_t answers = 0;
  Clock::time_point sent;
  std::string received;
};

StrictClient::StrictClient(const SocketAddress& address, Options options)
    : address_(address),
      options_(std::move(options)),
      request_("GET " + options_.target + " HTTP/1.1\r\nHost: strict\r\n\r\n"),
      once_request_("GET " + options_.target + " HTTP/1.1\r\nHost: strict\r\nConnection: close\r\n\r\n"),
      thread_([this] { run(); }) {}

StrictClient::~StrictClient() {
  finishing_ = true;
  if (thread_.joinable()) thread_.join();
}

StrictClient::Counts StrictClient::finish() {
  finishing_ = true;
  thread_.join();
  return counts_;
}

void StrictClient::open(Connection& connection) {
  connection.close();
  connection.answers = 0;
  connection.received.clear();
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(address_.port);
  ::inet_pton(AF_INET, address_.host.c_str(), &place.sin_addr);
  connection.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(connection.descriptor, reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0) {
    ++counts_.refused;
    connection.close();
    connection.is_out = false;
    return;
  }
  connection.is_out = true;
  connection.sent = Clock::now();
  const std::string& request = connection.once ? once_request_ : request_;
  (void)::send(connection.descriptor, request.data(), request.size(), MSG_NOSIGNAL);  // a failure shows when the answer is read
}

void StrictClient::ended(Connection& connection, bool by_answer) {
  if (!by_answer && connection.is_out) {
    if (!connection.received.empty()) {
      ++counts_.truncated;
    } else {
      ++counts_.unanswered;
      if (connection.answers == 0) ++counts_.first_unanswered;
    }
  }
  connection.is_out = false;
  connection.close();
}

void StrictClient::ready(Connection& connection) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t size = ::recv(connection.descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return ended(connection, false);
  connection.received.append(buffer.data(), static_cast<std::size_t>(size));
  const std::size_t whole = answer_size(connection.received);
  if (whole == 0 || connection.received.size() < whole) return;
  const bool right = connection.received.starts_with("HTTP/1.1 200 ") && connection.received.size() == whole &&
                     connection.received.ends_with("\r\n\r\n" + options_.body);
  ++(right ? counts_.answered : counts_.wrong);
  if (right && connection.once) ++counts_.answered_once;
  if (right) ++answered_;
  ++connection.answers;
  const bool closes = connection.once || connection.received.find("Connection: close") != std::string::npos;
  connection.received.clear();
  if (closes || finishing_) return ended(connection, true);
  connection.sent = Clock::now();
  (void)::send(connection.descriptor, request_.data(), request_.size(), MSG_NOSIGNAL);
}

void StrictClient::run() {
  for (std::size_t i = 0; i < options_.keep_alive; ++i) connections_.push_back(std::make_unique<Connection>());
  auto next_new = Clock::now();
  std::vector<pollfd> watched;
  std::vector<Connection*> of_watched;
  for (;;) {
    if (!finishing_) {
      for (; options_.new_every.count() > 0 && Clock::now() >= next_new; next_new += options_.new_every) {
        connections_.push_back(std::make_unique<Connection>());
        connections_.back()->once = true;
        open(*connections_.back());
      }
      for (const auto& connection : connections_) {
        if (connection->descriptor < 0 && !connection->once) open(*connection);
      }
    }
    std::erase_if(connections_, [&](const auto& connection) { return connection->descriptor < 0 && (connection->once || finishing_); });
    if (finishing_ && connections_.empty()) return;
    watched.clear();
    of_watched.clear();
    for (const auto& connection : connections_) {
      if (connection->is_out && Clock::now() - connection->sent > patience) {
        ++counts_.late;
        connection->is_out = false;
        connection->close();
      }
      if (connection->descriptor < 0) continue;
      watched.push_back({connection->descriptor, POLLIN, 0});
      of_watched.push_back(connection.get());
    }
    ::poll(watched.data(), watched.size(), 10);
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].revents != 0) ready(*of_watched[i]);
    }
  }
}

}  // namespace ropeway::testing
