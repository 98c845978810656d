#include "launcher/src/probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

namespace ropeway::launcher {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds refused_pause{10};  // before it is tried again
constexpr std::chrono::milliseconds full_pause{1};      // the same where the queue of a unix socket is full

enum class Extent : std::uint8_t { begun, whole, to_the_end };

// How far an answer is: by its Content-Length, by the last chunk, or until the connection ends.
Extent extent_of(const std::string& text) {
  const std::size_t head = text.find("\r\n\r\n");
  if (head == std::string::npos) return Extent::begun;
  const auto has = [&](std::string_view field) { return text.find(field) < head; };
  constexpr std::string_view name = "\r\nContent-Length: ";
  if (const std::size_t at = text.find(name); at < head) {
    std::size_t length = 0;
    std::from_chars(text.data() + at + name.size(), text.data() + head, length);
    return text.size() >= head + 4 + length ? Extent::whole : Extent::begun;
  }
  if (has("\r\nTransfer-Encoding: chunked")) return text.ends_with("\r\n0\r\n\r\n") ? Extent::whole : Extent::begun;
  const bool is_bodiless = text.starts_with("HTTP/1.1 204 ") || text.starts_with("HTTP/1.1 304 ");
  return is_bodiless ? Extent::whole : Extent::to_the_end;
}

bool is_right(const std::string& answer, const std::optional<std::string>& body) {
  if (body) return answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\n" + *body);
  return answer.starts_with("HTTP/1.1 ") && answer.size() > 9 && answer[9] < '5';
}

// A socket that connects, or is connected at once; -1 and `errno` where neither comes about.
int connecting_to(const Probe::Target& target) {
  sockaddr_storage address{};
  socklen_t size = 0;
  if (!target.path.empty()) {
    auto& place = reinterpret_cast<sockaddr_un&>(address);
    place.sun_family = AF_UNIX;
    std::strncpy(place.sun_path, target.path.c_str(), sizeof place.sun_path - 1);
    size = sizeof place;
  } else if (target.host.find(':') != std::string::npos) {
    auto& place = reinterpret_cast<sockaddr_in6&>(address);
    place.sin6_family = AF_INET6;
    place.sin6_port = htons(target.port);
    ::inet_pton(AF_INET6, target.host.c_str(), &place.sin6_addr);
    size = sizeof place;
  } else {
    auto& place = reinterpret_cast<sockaddr_in&>(address);
    place.sin_family = AF_INET;
    place.sin_port = htons(target.port);
    ::inet_pton(AF_INET, target.host.c_str(), &place.sin_addr);
    size = sizeof place;
  }
  const int descriptor = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -1;
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), size) == 0 || errno == EINPROGRESS) return descriptor;
  const int error = errno;
  ::close(descriptor);
  errno = error;
  return -1;
}

int error_of(int descriptor) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

}  // namespace

struct Probe::Connection {
  ~Connection() { close(); }
  void close() noexcept {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
  }
  int descriptor = -1;
  bool once = false;
  bool is_connecting = false;
  bool is_out = false;  // a request, or the connection for it
  std::uint64_t answers = 0;
  Clock::time_point sent;
  Clock::time_point next;  // when a next request is to be sent
  std::string received;
};

void Probe::Counts::add(const Counts& more) {
  answered += more.answered;
  answered_once += more.answered_once;
  refused += more.refused;
  wrong += more.wrong;
  truncated += more.truncated;
  unanswered += more.unanswered;
  first_unanswered += more.first_unanswered;
  late += more.late;
  idle_lost += more.idle_lost;
  longest = std::max(longest, more.longest);
  durations.add(more.durations);
}

Probe::Probe(const Target& target, Options options)
    : target_(target),
      options_(std::move(options)),
      request_("GET " + options_.target + " HTTP/1.1\r\nHost: " + options_.host + "\r\n"),
      once_request_(request_ + "Connection: close\r\n\r\n") {
  request_ += "\r\n";
  thread_ = std::thread([this] { run(); });
}

Probe::~Probe() {
  finishing_ = true;
  if (thread_.joinable()) thread_.join();
}

Probe::Counts Probe::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(counts_, {});
}

Probe::Counts Probe::finish() {
  finishing_ = true;
  thread_.join();
  return counts_;
}

void Probe::open(Connection& connection) {
  connection.close();
  connection.answers = 0;
  connection.received.clear();
  if (!connection.is_connecting) connection.sent = Clock::now();
  connection.is_connecting = true;
  connection.is_out = true;
  connection.descriptor = connecting_to(target_);
  if (connection.descriptor >= 0) return;
  if (errno != EAGAIN) return refused(connection);
  connection.next = Clock::now() + full_pause;
}

void Probe::refused(Connection& connection) {
  ++counts_.refused;
  connection.is_connecting = false;
  connection.is_out = false;
  connection.close();
  connection.next = Clock::now() + refused_pause;
}

void Probe::send_request(Connection& connection) {
  connection.is_connecting = false;
  connection.is_out = true;
  connection.sent = Clock::now();
  const std::string& request = connection.once ? once_request_ : request_;
  (void)::send(connection.descriptor, request.data(), request.size(), MSG_NOSIGNAL);  // a failure shows when the answer is read
}

void Probe::ended(Connection& connection, bool by_answer) {
  if (!by_answer && !connection.is_out) {
    ++counts_.idle_lost;
  } else if (!by_answer && !connection.received.empty()) {
    ++counts_.truncated;
  } else if (!by_answer) {
    ++counts_.unanswered;
    if (connection.answers == 0) ++counts_.first_unanswered;
  }
  connection.is_out = false;
  connection.close();
}

void Probe::ready(Connection& connection) {
  if (connection.is_connecting) return error_of(connection.descriptor) == 0 ? send_request(connection) : refused(connection);
  std::array<char, 16 * 1024> buffer;
  const ssize_t size = ::recv(connection.descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size > 0) connection.received.append(buffer.data(), static_cast<std::size_t>(size));
  const Extent extent = extent_of(connection.received);
  if (size <= 0 && (!connection.is_out || extent != Extent::to_the_end)) return ended(connection, false);
  if (extent == Extent::begun || (extent == Extent::to_the_end && size > 0)) return;
  const bool right = is_right(connection.received, options_.body);
  const auto duration = Clock::now() - connection.sent;
  counts_.durations.add(observability::LatencyBuckets::of(duration), 1);
  counts_.longest = std::max<std::chrono::nanoseconds>(counts_.longest, duration);
  ++(right ? counts_.answered : counts_.wrong);
  if (right && connection.once) ++counts_.answered_once;
  if (right) ++answered_;
  ++connection.answers;
  const bool closes = connection.once || size <= 0 || connection.received.find("\r\nConnection: close\r\n") != std::string::npos;
  connection.received.clear();
  if (closes || finishing_) return ended(connection, true);
  connection.is_out = false;
  if (options_.pause.count() == 0) return send_request(connection);
  connection.next = Clock::now() + options_.pause;
}

void Probe::run() {
  for (std::size_t i = 0; i < options_.keep_alive; ++i) connections_.push_back(std::make_unique<Connection>());
  auto next_new = Clock::now();
  std::vector<pollfd> watched;
  std::vector<Connection*> of_watched;
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      const auto now = Clock::now();
      for (; !finishing_ && options_.new_every.count() > 0 && now >= next_new; next_new += options_.new_every) {
        connections_.push_back(std::make_unique<Connection>());
        connections_.back()->once = true;
        open(*connections_.back());
      }
      for (const auto& connection : connections_) {
        if (connection->is_out && now - connection->sent > patience) {
          ++counts_.late;
          connection->is_out = false;
          connection->is_connecting = false;
          connection->close();
        }
        if (connection->is_connecting && connection->descriptor < 0 && now >= connection->next) open(*connection);
        if (connection->is_out || connection->once || finishing_ || now < connection->next) continue;
        connection->descriptor < 0 ? open(*connection) : send_request(*connection);
      }
      std::erase_if(connections_, [&](const auto& connection) { return !connection->is_out && (connection->once || finishing_); });
      if (finishing_ && connections_.empty()) return;
      watched.clear();
      of_watched.clear();
      for (const auto& connection : connections_) {
        if (connection->descriptor < 0) continue;
        watched.push_back({connection->descriptor, static_cast<short>(connection->is_connecting ? POLLOUT : POLLIN), 0});
        of_watched.push_back(connection.get());
      }
    }
    ::poll(watched.data(), watched.size(), options_.pause.count() > 0 ? 1 : 10);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].revents != 0) ready(*of_watched[i]);
    }
  }
}

}  // namespace ropeway::launcher
