#include "launcher/src/listen_sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "core/src/config/listen_address.hpp"
#include "core/src/config/printable.hpp"
#include "core/src/server/last_connections.hpp"

namespace ropeway::launcher {
namespace {

using Family = config::ListenAddress::Family;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

std::string written(const std::string& host, std::uint16_t port, Family family) {
  return (family == Family::ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

[[noreturn]] void fail(const std::string& address, int error, std::uint16_t port = 0) {
  std::string text = "cannot listen on " + address + ": ";
  switch (error) {
    case EADDRINUSE: text += "the address is in use by another program; stop that one (`ss -ltnp` shows it), or choose another port"; break;
    case EACCES:
      text += port != 0 && port < 1024 ? "ports below 1024 need a privilege; choose a higher one, or grant CAP_NET_BIND_SERVICE"
                                       : "permission denied; choose a place that this user may write to";
      break;
    case EADDRNOTAVAIL:
      text += "this machine has no such address; `ip address` lists those it has, and 0.0.0.0 stands for all of them";
      break;
    case EAFNOSUPPORT: text += "this machine has no IPv6; use an IPv4 address"; break;
    case EMFILE:
    case ENFILE: text += "too many open files; raise the limit (`ulimit -n`), or run fewer processes"; break;
    default: text += std::strerror(error);
  }
  throw ListenError(text, error);
}

SocketAddress tcp_address(const config::ListenAddress& address, std::uint16_t port) {
  SocketAddress result;
  bool valid = false;
  if (address.family == Family::ipv4) {
    auto* in = reinterpret_cast<sockaddr_in*>(&result.storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    valid = ::inet_pton(AF_INET, address.host.c_str(), &in->sin_addr) == 1;
    result.size = sizeof *in;
  } else {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    valid = ::inet_pton(AF_INET6, address.host.c_str(), &in6->sin6_addr) == 1;
    result.size = sizeof *in6;
  }
  if (!valid) throw ListenError("cannot listen on " + address.host + ": it is not a numeric address");
  return result;
}

void switch_on(int socket, int level, int option) noexcept {
  const int on = 1;
  ::setsockopt(socket, level, option, &on, sizeof on);
}

// A bound TCP socket; without a descriptor, `errno` says why. SO_REUSEADDR lets a server start again while old connections are in
// TIME_WAIT; it does not let two servers listen on one port.
Descriptor bound_socket(const config::ListenAddress& address, std::uint16_t port, bool shared) {
  const SocketAddress place = tcp_address(address, port);
  Descriptor socket(::socket(place.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return socket;
  switch_on(socket.get(), SOL_SOCKET, SO_REUSEADDR);
  if (address.family == Family::ipv6) switch_on(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  if (shared) switch_on(socket.get(), SOL_SOCKET, SO_REUSEPORT);
  if (::bind(socket.get(), place.get(), place.size) == 0) return socket;
  const int error = errno;
  socket.close();
  errno = error;
  return socket;
}

std::uint16_t port_of(int socket) noexcept {
  SocketAddress place;
  place.size = sizeof place.storage;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&place.storage), &place.size);
  return ntohs(place.get()->sa_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&place.storage)->sin6_port
                                                  : reinterpret_cast<const sockaddr_in*>(&place.storage)->sin_port);
}

SocketAddress unix_address(const std::string& path) {
  SocketAddress result;
  auto* un = reinterpret_cast<sockaddr_un*>(&result.storage);
  un->sun_family = AF_UNIX;
  if (path.size() >= sizeof un->sun_path) {
    throw ListenError("cannot listen on unix:" + path + ": the path is longer than " + std::to_string(sizeof un->sun_path - 1) +
                      " bytes, which is all that a socket may have; choose a shorter one");
  }
  std::memcpy(un->sun_path, path.c_str(), path.size() + 1);
  result.size = sizeof *un;
  return result;
}

// A socket file that nobody answers on was left behind by a server that could not clean up.
void remove_stale_file(const std::string& path, const SocketAddress& place) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return;
  if (!S_ISSOCK(status.st_mode)) throw ListenError("cannot listen on unix:" + path + ": a file that is no socket has that name");
  const Descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!client) fail("unix:" + path, errno);
  if (::connect(client.get(), place.get(), place.size) != 0 && errno == ECONNREFUSED) {
    ::unlink(path.c_str());
    return;
  }
  throw ListenError("cannot listen on unix:" + path + ": another server answers there; stop that one, or choose another path");
}

}  // namespace

Descriptor listen_on_unix(const std::string& path) {
  const std::string name = "unix:" + path;
  const SocketAddress place = unix_address(path);
  remove_stale_file(path, place);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket || ::bind(socket.get(), place.get(), place.size) != 0) fail(name, errno);
  if (::listen(socket.get(), INT_MAX) != 0) {
    const int error = errno;
    ::unlink(path.c_str());
    fail(name, error);
  }
  return socket;
}

std::string BoundAddress::url() const {
  if (family == Family::unix_socket) return "unix:" + host;
  return (is_stream ? "tcp://" : "http://") + written(host, port, family);
}

ListenSockets::Group::~Group() {
  if (owner == 0 || owner != ::getpid()) return;
  struct stat status{};
  const bool ours = ::lstat(asked.host.c_str(), &status) == 0 && status.st_dev == device && status.st_ino == inode;
  if (ours) ::unlink(asked.host.c_str());
}

ListenSockets::ListenSockets(const std::vector<config::ListenAddress>& addresses, unsigned slots, const ListenSockets* earlier)
    : slots_(std::max(1U, slots)) {
  if (earlier != nullptr) {
    slots_ = std::max(slots_, earlier->slots_);
    chosen_port_ = earlier->chosen_port_;
    activated_ = earlier->activated_;
  }
  const std::vector<Groups> activated = activated_for(addresses);
  try {
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const config::ListenAddress& address = addresses[i];
      const std::size_t before = groups_.size();
      if (!activated[i].empty() || address.family == Family::activated) {
        for (const auto& group : activated[i]) {
          if (std::ranges::find(groups_, group) == groups_.end()) groups_.push_back(group);  // one may be for IPv6 and IPv4
        }
      } else if (auto group = earlier != nullptr ? find(address, *earlier) : nullptr) {
        groups_.push_back(std::move(group));
      } else if (address.family == Family::unix_socket) {
        open_unix(address);
      } else {
        open_tcp(address, earlier);
      }
      assign(before, address);
    }
    for (const auto& group : groups_) {
      if (group->is_shared() || group->listeners.size() >= slots_) continue;
      grown_.push_back({group.get(), group->listeners.size()});
      fill(*group);
    }
  } catch (...) {
    shrink();
    throw;
  }
}

ListenSockets::~ListenSockets() { shrink(); }

ListenSockets::ListenSockets(const std::vector<Inheritance::Listeners>& inherited, std::vector<ActivatedSocket> activated) : slots_(1) {
  for (ActivatedSocket& socket : activated) {
    auto group = std::make_shared<Group>();
    group->asked = socket.address;
    group->port = socket.address.port;
    group->listeners.push_back(std::move(socket.descriptor));
    group->activated.emplace(std::move(socket));
    activated_.push_back(std::move(group));
  }
  for (const Inheritance::Listeners& listeners : inherited) {
    auto group = std::make_shared<Group>();
    group->asked = listeners.address;
    group->port = listeners.port;
    for (const int descriptor : listeners.descriptors) group->listeners.emplace_back(descriptor);
    struct stat status{};
    if (group->is_unix() && ::lstat(group->asked.host.c_str(), &status) == 0) {
      group->device = status.st_dev;
      group->inode = status.st_ino;
    }
    if (group->asked.port == 0) chosen_port_ = group->port;
    slots_ = std::max(slots_, static_cast<unsigned>(group->listeners.size()));
    groups_.push_back(std::move(group));
    assign(groups_.size() - 1, listeners.address);
  }
}

void ListenSockets::close_but(const ListenSockets& kept, int channel) noexcept {
  int patience = 500;  // milliseconds, for workers to make room in the channel
  for (const auto& group : groups_) {
    if (group->activated || std::ranges::find(kept.groups_, group) != kept.groups_.end()) continue;
    const Purpose purpose = purpose_of(*group);
    for (const Descriptor& listener : group->listeners) {
      server::stop_newcomers(listener.get());
      for (;;) {
        const Descriptor waiting(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!waiting) break;
        if (purpose.stream) continue;  // nobody has a handler for it any more
        server::HandedConnection connection{waiting.get()};
        if (purpose.proxy_protocol) connection.proxy_header.state = server::ProxyHeader::State::expected;
        for (; !server::give_connection(channel, connection) && patience > 0; --patience) ::poll(nullptr, 0, 1);
      }
      ::shutdown(listener.get(), SHUT_RDWR);
    }
  }
}

void ListenSockets::close() noexcept {
  for (const auto& group : groups_) {
    if (group->activated) continue;
    for (const Descriptor& listener : group->listeners) ::shutdown(listener.get(), SHUT_RDWR);
  }
}

std::vector<Inheritance::Listeners> ListenSockets::to_pass_on() const {
  std::vector<Inheritance::Listeners> result;
  for (const auto& group : groups_) {
    if (group->activated) continue;
    Inheritance::Listeners& listeners = result.emplace_back();
    listeners.address = group->asked;
    const Purpose purpose = purpose_of(*group);
    listeners.address.proxy_protocol = purpose.proxy_protocol;
    listeners.address.stream = purpose.stream;
    listeners.port = group->port;
    for (const Descriptor& listener : group->listeners) listeners.descriptors.push_back(listener.get());
  }
  return result;
}

std::vector<Inheritance::Activated> ListenSockets::activated_to_pass_on() const {
  std::vector<Inheritance::Activated> result;
  for (const auto& group : activated_) result.push_back({group->listeners.front().get(), group->activated->name});
  return result;
}

void ListenSockets::own_files(bool ours) noexcept {
  for (const auto& group : groups_) group->owner = ours && group->is_unix() && !group->activated ? ::getpid() : 0;
}

// Which of the sockets that systemd has opened are meant by which address: those of an address or a name, and "systemd" for all others.
std::vector<ListenSockets::Groups> ListenSockets::activated_for(const std::vector<config::ListenAddress>& addresses) const {
  std::vector<Groups> result(addresses.size());
  Groups left = activated_;
  const auto is_for_all = [](const config::ListenAddress& address) { return address.family == Family::activated && address.host.empty(); };
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (is_for_all(addresses[i])) continue;
    for (const auto& group : activated_) {
      if (!group->activated->is_for(addresses[i])) continue;
      result[i].push_back(group);
      std::erase(left, group);
    }
    if (addresses[i].family == Family::activated && result[i].empty()) fail_to_find(addresses[i].host);
  }
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (!is_for_all(addresses[i])) continue;
    if (activated_.empty()) fail_to_find({});
    result[i] = std::exchange(left, {});
  }
  if (left.empty()) return result;
  const Group& group = *left.front();
  const BoundAddress place{group.asked.family, group.asked.host, group.port};
  throw ListenError(
      "systemd has passed on the socket " + config::in_quotes(group.activated->name) + " (" + place.url() +
      "), for which \"listen\" has no entry, so its clients would wait for ever; add \"systemd\" to \"listen\", or the address");
}

void ListenSockets::fail_to_find(const std::string& name) const {
  const std::string entry = "cannot listen on systemd" + (name.empty() ? "" : ":" + name) + ": ";
  if (activated_.empty()) {
    throw ListenError(entry + "no socket was passed on (LISTEN_FDS); have the socket unit start this program, or name an address instead");
  }
  std::string names;
  for (const auto& group : activated_) names += (names.empty() ? "" : ", ") + config::in_quotes(group->activated->name);
  throw ListenError(entry + "no socket of that name was passed on, only " + names +
                    "; FileDescriptorName= of the socket unit says the name");
}

// The last ones go first, so that the kernel, which fills a gap with the last, changes nobody's place.
void ListenSockets::shrink() noexcept {
  for (const Grown& grown : grown_) {
    while (grown.group->listeners.size() > grown.before) grown.group->listeners.pop_back();
  }
}

// What `earlier` has for that address, and this one has not taken already (a port 0 may be asked for twice).
std::shared_ptr<ListenSockets::Group> ListenSockets::find(const config::ListenAddress& address, const ListenSockets& earlier) const {
  for (const auto& group : earlier.groups_) {
    const config::ListenAddress& asked = group->asked;
    const bool same = asked.family == address.family && asked.host == address.host && asked.port == address.port;
    if (same && std::ranges::find(groups_, group) == groups_.end()) return group;
  }
  return nullptr;
}

void ListenSockets::open_tcp(const config::ListenAddress& address, const ListenSockets* earlier) {
  std::uint16_t port = address.port;
  if (port == 0 && chosen_port_ != 0 && bound_socket(address, chosen_port_, false)) port = chosen_port_;
  // SO_REUSEPORT would share the port with a second server of the same user, silently. A socket without it finds that out, except
  // where it is the earlier generation that has the port, for all addresses or for one of them.
  const bool ours = earlier != nullptr && std::ranges::any_of(earlier->groups_, [&](const auto& group) {
                      config::ListenAddress open = group->asked;
                      open.port = group->port;
                      return config::one_covers_other(open, address);
                    });
  if (port != 0 && !ours && !bound_socket(address, port, false)) fail(written(address.host, port, address.family), errno, port);

  auto group = std::make_shared<Group>();
  group->asked = address;
  group->port = port;
  fill(*group);
  if (address.port == 0) chosen_port_ = group->port;
  groups_.push_back(std::move(group));
}

// Adds listeners until there is one for each slot.
void ListenSockets::fill(Group& group) const {
  const config::ListenAddress& address = group.asked;
  while (group.listeners.size() < slots_) {
    Descriptor socket = bound_socket(address, group.port, true);
    if (!socket) fail(written(address.host, group.port, address.family), errno, group.port);
    if (group.port == 0) group.port = port_of(socket.get());
    switch_on(socket.get(), IPPROTO_TCP, TCP_NODELAY);
    if (::listen(socket.get(), INT_MAX) != 0)
      fail(written(address.host, group.port, address.family), errno, group.port);  // cut to somaxconn
    group.listeners.push_back(std::move(socket));
  }
}

// The groups from `first` on are those of `address`.
void ListenSockets::assign(std::size_t first, const config::ListenAddress& address) {
  for (std::size_t i = first; i < groups_.size(); ++i) assigned_.push_back({groups_[i].get(), {address.proxy_protocol, address.stream}});
}

ListenSockets::Purpose ListenSockets::purpose_of(const Group& group) const noexcept {
  const auto found = std::ranges::find(assigned_, &group, &Assigned::group);
  return found == assigned_.end() ? Purpose() : found->purpose;
}

void ListenSockets::open_unix(const config::ListenAddress& address) {
  auto group = std::make_shared<Group>();
  group->asked = address;
  group->listeners.push_back(listen_on_unix(address.host));
  struct stat status{};
  if (::lstat(address.host.c_str(), &status) == 0) {
    group->owner = ::getpid();
    group->device = status.st_dev;
    group->inode = status.st_ino;
  }
  groups_.push_back(std::move(group));
}

std::vector<BoundAddress> ListenSockets::addresses() const {
  std::vector<BoundAddress> result;
  for (const auto& group : groups_)
    result.push_back({group->asked.family, group->asked.host, group->port, purpose_of(*group).stream.has_value()});
  return result;
}

std::vector<server::ListenDescriptor> ListenSockets::of_slot(unsigned slot) const {
  std::vector<server::ListenDescriptor> result;
  for (const auto& group : groups_) {
    const Purpose purpose = purpose_of(*group);
    result.push_back({group->listeners[group->is_shared() ? 0 : slot].get(), group->is_unix(), group->activated.has_value(),
                      purpose.proxy_protocol, purpose.stream});
  }
  return result;
}

std::vector<server::ListenDescriptor> ListenSockets::of_slot_alone(unsigned slot) const {
  std::vector<server::ListenDescriptor> result;
  for (const auto& group : groups_) {
    if (group->is_shared()) continue;
    const Purpose purpose = purpose_of(*group);
    result.push_back({group->listeners[slot].get(), false, false, purpose.proxy_protocol, purpose.stream});
  }
  return result;
}

std::vector<int> ListenSockets::shared() const {
  std::vector<int> result;
  for (const auto& group : groups_) {
    if (group->is_shared()) result.push_back(group->listeners.front().get());
  }
  return result;
}

std::vector<int> ListenSockets::spread_groups() const {
  std::vector<int> result;
  for (const auto& group : groups_) {
    if (group->listeners.size() > 1) result.push_back(group->listeners.front().get());
  }
  return result;
}

}  // namespace ropeway::launcher
