#include "launcher/src/socket_activation.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>

#include "core/src/config/printable.hpp"
#include "launcher/src/listen_sockets.hpp"

namespace ropeway::launcher {
namespace {

using Family = config::ListenAddress::Family;

constexpr int first_descriptor = 3;
constexpr int most_descriptors = 1024;

std::optional<long> number_in(std::string_view text) noexcept {
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = !text.empty() && error == std::errc() && end == text.data() + text.size();
  return good ? std::optional(number) : std::nullopt;
}

// What a variable says; it is gone then, so that no process that is started from here takes it for its own.
std::optional<std::string> taken_from_environment(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr) return std::nullopt;
  std::string text = value;
  ::unsetenv(variable);
  return text;
}

std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(':', at);
    names.push_back(text.substr(at, end - at));
    if (end == std::string::npos) return names;
    at = end + 1;
  }
}

int option_of(int socket, int level, int option) noexcept {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(socket, level, option, &value, &size) == 0 ? value : -1;
}

[[noreturn]] void refuse(int descriptor, const std::string& name, const std::string& reason) {
  throw ListenError("the socket " + config::in_quotes(name) + " that was passed on (descriptor " + std::to_string(descriptor) + ") " +
                    reason);
}

std::string text_of(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, address, text.data(), text.size()) == nullptr ? std::string() : std::string(text.data());
}

std::string path_of(const sockaddr_un& address, socklen_t size) {
  const std::size_t length = size - offsetof(sockaddr_un, sun_path);
  if (length == 0) return {};
  if (address.sun_path[0] == '\0') return "@" + std::string(address.sun_path + 1, length - 1);
  return std::filesystem::path(std::string(address.sun_path, ::strnlen(address.sun_path, length))).lexically_normal().string();
}

}  // namespace

bool ActivatedSocket::is_for(const config::ListenAddress& asked) const noexcept {
  if (asked.family == Family::activated) return asked.host.empty() || asked.host == name;
  if (asked.family == Family::unix_socket) return address.family == asked.family && address.host == asked.host;
  if (asked.port != address.port || asked.port == 0) return false;
  if (address.family == asked.family) return address.host == asked.host;
  return takes_ipv4 && asked.family == Family::ipv4 && asked.host == "0.0.0.0";
}

ActivatedSocket activated_socket(int descriptor, std::string name) {
  ActivatedSocket result;
  result.descriptor = Descriptor(descriptor);
  sockaddr_storage place{};
  socklen_t size = sizeof place;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&place), &size) != 0) {
    const int error = errno;
    if (error == EBADF) (void)result.descriptor.release();
    refuse(descriptor, name,
           error == EBADF      ? "is not open"
           : error == ENOTSOCK ? "is no socket; let the unit have ListenStream= alone"
                               : std::strerror(error));
  }
  if (option_of(descriptor, SOL_SOCKET, SO_TYPE) != SOCK_STREAM) {
    refuse(descriptor, name, "is no stream socket; use ListenStream= in its unit");
  }
  if (option_of(descriptor, SOL_SOCKET, SO_ACCEPTCONN) != 1) { refuse(descriptor, name, "does not listen; use Accept=no in its unit"); }
  switch (place.ss_family) {
    case AF_INET: {
      const auto& in = reinterpret_cast<const sockaddr_in&>(place);
      result.address = {Family::ipv4, text_of(AF_INET, &in.sin_addr), ntohs(in.sin_port), {}, {}};
      break;
    }
    case AF_INET6: {
      const auto& in6 = reinterpret_cast<const sockaddr_in6&>(place);
      result.address = {Family::ipv6, text_of(AF_INET6, &in6.sin6_addr), ntohs(in6.sin6_port), {}, {}};
      result.takes_ipv4 = IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr) && option_of(descriptor, IPPROTO_IPV6, IPV6_V6ONLY) == 0;
      break;
    }
    case AF_UNIX: result.address = {Family::unix_socket, path_of(reinterpret_cast<const sockaddr_un&>(place), size), 0, {}, {}}; break;
    default: refuse(descriptor, name, "is neither of IP nor a unix socket");
  }
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0 || ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
    refuse(descriptor, name, std::strerror(errno));
  }
  if (place.ss_family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  result.name = std::move(name);
  return result;
}

SocketActivation SocketActivation::take_up() {
  const auto count_text = taken_from_environment("LISTEN_FDS");
  const auto process_text = taken_from_environment("LISTEN_PID");
  const auto names_text = taken_from_environment("LISTEN_FDNAMES");
  (void)taken_from_environment("LISTEN_PIDFDID");
  SocketActivation result;
  if (!count_text || !process_text) return result;
  const auto process = number_in(*process_text);
  if (!process || *process != ::getpid()) {
    result.warning = "LISTEN_PID is " + config::in_quotes(*process_text) + ", but this is process " + std::to_string(::getpid()) +
                     ": the sockets of LISTEN_FDS are another's and are not used; a script between systemd and this program must `exec` it";
    return result;
  }
  const auto count = number_in(*count_text);
  if (!count || *count < 0 || *count > most_descriptors) {
    throw ListenError("LISTEN_FDS is " + config::in_quotes(*count_text) + ", expected how many sockets are passed on, at most " +
                      std::to_string(most_descriptors));
  }
  std::vector<std::string> names(static_cast<std::size_t>(*count), "unknown");  // as sd_listen_fds_with_names(3) has it
  if (names_text && *count > 0) {
    std::vector<std::string> given = split_names(*names_text);
    if (given.size() != names.size()) {
      throw ListenError("LISTEN_FDNAMES has " + std::to_string(given.size()) + " names, but LISTEN_FDS is " + *count_text +
                        "; whoever starts this program must set both alike, or no names");
    }
    names = std::move(given);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    result.sockets.push_back(activated_socket(first_descriptor + static_cast<int>(i), std::move(names[i])));
  }
  return result;
}

}  // namespace ropeway::launcher
