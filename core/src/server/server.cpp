#include <ropeway/server.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <system_error>
#include <thread>

#include <asio/signal_set.hpp>

#include "core/src/observability/log_sink.hpp"
#include "core/src/server/worker.hpp"

namespace ropeway {
namespace {

struct Socket {
  int descriptor = -1;
  Socket() = default;
  Socket(Socket&& other) noexcept : descriptor(std::exchange(other.descriptor, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

Socket try_listen(const addrinfo& address) {
  Socket socket;
  const int on = 1;
  const int off = 0;
  socket.descriptor = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket.descriptor < 0) return socket;
  ::setsockopt(socket.descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(socket.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
  if (address.ai_family == AF_INET6) ::setsockopt(socket.descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(socket.descriptor, address.ai_addr, address.ai_addrlen) == 0 && ::listen(socket.descriptor, SOMAXCONN) == 0) return socket;
  const int error = errno;
  ::close(std::exchange(socket.descriptor, -1));
  errno = error;
  return socket;
}

Socket listen_on(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  if (const int error = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), service.c_str(), &hints, &found); error != 0) {
    throw std::system_error(std::make_error_code(std::errc::address_not_available), host + ": " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
  int error = EADDRNOTAVAIL;
  for (const int family : {AF_INET6, AF_INET}) {  // an IPv6 socket for every address takes IPv4 too
    for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
      if (address->ai_family != family) continue;
      if (Socket socket = try_listen(*address); socket.descriptor >= 0) return socket;
      error = errno;
    }
  }
  throw std::system_error(error, std::generic_category(),
                          "cannot listen on " + (host.empty() ? std::string("every address") : host) + ", port " + service);
}

std::uint16_t port_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

server::WorkerOptions options_with(observability::LogSink& log) {
  server::WorkerOptions options = server::default_worker_options();
  options.log = &log;
  options.threads = 2;  // how many there will be is not known yet; an event loop made for one would keep further ones asleep
  return options;
}

}  // namespace

struct Server::State {
  State(std::string_view host, std::uint16_t port, AnyHandler handler)
      : listener(listen_on(std::string(host), port)), log(observability::make_log_sink({})), worker(options_with(*log)) {
    std::signal(SIGPIPE, SIG_IGN);  // sendfile to a client that has gone
    std::vector<routing::RouteDefinition> routes(1);
    routes.front().match = "/";
    routes.front().name = "handler";
    routes.front().handler = std::move(handler);
    worker.set_site(std::make_unique<routing::Site>(std::move(routes), worker.services()));
    if (worker.needs_nursery()) worker.start_nursery({&listener.descriptor, 1}, {});
    worker.listen({{listener.descriptor, false}});
  }

  Socket listener;
  std::unique_ptr<observability::LogSink> log;
  server::Worker worker;
  std::thread background;
};

Server::Server(std::string_view host, std::uint16_t port, AnyHandler handler)
    : state_(std::make_unique<State>(host, port, std::move(handler))) {}

Server::Server(Server&&) noexcept = default;

Server::~Server() {
  if (!state_) return;
  state_->worker.stop();
  if (state_->background.joinable()) state_->background.join();
}

std::uint16_t Server::port() const noexcept { return port_of(state_->listener.descriptor); }

void Server::serve_forever(unsigned threads) {
  asio::signal_set signals(state_->worker.io(), SIGINT, SIGTERM);
  signals.async_wait([worker = &state_->worker](const asio::error_code& error, int) {
    if (!error) worker->drain(true);
  });
  (void)state_->worker.run(threads);
}

void Server::start(unsigned threads) {
  state_->background = std::thread([worker = &state_->worker, threads] { (void)worker->run(threads); });
}

void Server::stop() noexcept { state_->worker.stop(); }

}  // namespace ropeway
