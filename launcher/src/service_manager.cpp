#include "launcher/src/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "launcher/src/descriptor.hpp"

namespace ropeway::launcher {
namespace {

std::string_view environment(const char* name) noexcept {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::uint64_t number_in(const char* name) noexcept {
  const std::string_view text = environment(name);
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

// The first ping is due at once: an interval may have passed since the manager began to count.
ServiceManager::ServiceManager() : socket_(environment("NOTIFY_SOCKET")) {
  const std::uint64_t pid = number_in("WATCHDOG_PID");
  const std::uint64_t microseconds = number_in("WATCHDOG_USEC");
  if (socket_.empty() || microseconds == 0 || (pid != 0 && pid != static_cast<std::uint64_t>(::getpid()))) return;
  interval_ = std::chrono::microseconds(microseconds / 2 + 1);
  next_ping_ = Time{};
}

void ServiceManager::tell(const std::string& text) const noexcept {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // the abstract namespace
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  ::sendto(socket.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
}

void ServiceManager::ready(const std::string& status) const noexcept { tell("READY=1\nSTATUS=" + status); }

// systemd compares the time with that of its request, to know which of them this answers.
void ServiceManager::reloading() const noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
}

void ServiceManager::stopping() const noexcept { tell("STOPPING=1"); }

void ServiceManager::hand_to(pid_t successor) const noexcept { tell("MAINPID=" + std::to_string(successor) + "\nREADY=1"); }

void ServiceManager::ping(Time now) noexcept {
  if (!next_ping_ || now < *next_ping_) return;
  next_ping_ = now + interval_;
  tell("WATCHDOG=1");
}

}  // namespace ropeway::launcher
