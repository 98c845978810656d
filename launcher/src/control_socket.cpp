#include "launcher/src/control_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "launcher/src/listen_sockets.hpp"

namespace ropeway::launcher {

ControlSocket::ControlSocket(std::string path) : path_(std::move(path)) {
  const mode_t mask = ::umask(0177);  // its mode is 0600 from the first moment
  try {
    listener_ = listen_on_unix(path_);
  } catch (...) {
    ::umask(mask);
    throw;
  }
  ::umask(mask);
  struct stat status{};
  if (::lstat(path_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
  own();
}

ControlSocket::ControlSocket(std::string path, Descriptor listener, dev_t device, ino_t inode)
    : path_(std::move(path)), listener_(std::move(listener)), device_(device), inode_(inode) {}

bool ControlSocket::is_reachable() const noexcept {
  struct stat status{};
  return ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

void ControlSocket::leave() noexcept {
  owner_ = 0;
  listener_.close();
}

ControlSocket::~ControlSocket() {
  if (owner_ == 0 || owner_ != ::getpid()) return;
  if (is_reachable()) ::unlink(path_.c_str());
}

void ControlSocket::add_to(std::vector<pollfd>& watched) const {
  if (listener_ && owner_ != 0) watched.push_back({listener_.get(), POLLIN, 0});
  for (const Connection& connection : connections_) {
    const int events = (connection.ended ? 0 : POLLIN) | (connection.to_send.empty() ? 0 : POLLOUT);
    if (events == 0) continue;  // its end would be reported again and again
    watched.push_back({connection.socket.get(), static_cast<short>(events), 0});
  }
}

std::vector<ControlSocket::Request> ControlSocket::take() {
  accept();
  std::vector<Request> requests;
  for (Connection& connection : connections_) {
    send(connection);
    receive(connection);
    for (std::size_t end = 0; (end = connection.received.find('\n')) != std::string::npos;) {
      requests.push_back({connection.number, connection.received.substr(0, end)});
      ++connection.unanswered;
      connection.received.erase(0, end + 1);
    }
  }
  std::erase_if(connections_, [](const Connection& connection) {
    const bool is_done = connection.ended && connection.unanswered == 0 && connection.to_send.empty();
    return is_done || connection.broken || connection.received.size() >= most_bytes;
  });
  return requests;
}

void ControlSocket::accept() {
  if (owner_ == 0) return;
  for (;;) {
    Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) return;
    if (connections_.size() >= most_clients) continue;  // it is closed
    connections_.push_back({++last_, std::move(socket), {}, {}, 0, false, false});
  }
}

void ControlSocket::receive(Connection& connection) {
  char buffer[4096];
  while (!connection.ended && connection.received.size() < most_bytes) {
    const ssize_t size = ::recv(connection.socket.get(), buffer, sizeof buffer, 0);
    if (size > 0) {
      connection.received.append(buffer, static_cast<std::size_t>(size));
    } else if (size == 0) {
      connection.ended = true;
    } else if (errno != EINTR) {
      connection.broken = errno != EAGAIN;
      return;
    }
  }
}

void ControlSocket::send(Connection& connection) noexcept {
  while (!connection.to_send.empty()) {
    const ssize_t size = ::send(connection.socket.get(), connection.to_send.data(), connection.to_send.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      connection.broken = errno != EAGAIN;
      return;
    }
    connection.to_send.erase(0, static_cast<std::size_t>(size));
  }
}

void ControlSocket::answer(Client client, const std::string& line) {
  const auto found = std::ranges::find(connections_, client, &Connection::number);
  if (found == connections_.end()) return;
  found->to_send += line + "\n";
  --found->unanswered;
  send(*found);
}

void ControlSocket::finish(int patience_ms) noexcept {
  for (Connection& connection : connections_) {
    send(connection);
    pollfd writable{connection.socket.get(), POLLOUT, 0};
    if (connection.to_send.empty() || connection.broken || ::poll(&writable, 1, patience_ms) <= 0) continue;
    send(connection);
  }
}

}  // namespace ropeway::launcher
