#include "tests/core/server/worker_fixture.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <system_error>

namespace ropeway::server {
namespace {

class FunctionHandler final : public Handler {
 public:
  explicit FunctionHandler(std::function<Response(const Request&)> function) : function_(std::move(function)) {}
  [[nodiscard]] Response handle(const Request& request) const override { return function_(request); }

 private:
  std::function<Response(const Request&)> function_;
};

class AsyncFunctionHandler final : public AsyncHandler {
 public:
  explicit AsyncFunctionHandler(std::function<awaitable<Response>(Request&)> function) : function_(std::move(function)) {}
  [[nodiscard]] awaitable<Response> handle(Request& request) const override { return function_(request); }

 private:
  std::function<awaitable<Response>(Request&)> function_;
};

class BlockingFunctionHandler final : public BlockingHandler {
 public:
  explicit BlockingFunctionHandler(std::function<Response(const Request&)> function) : function_(std::move(function)) {}
  [[nodiscard]] Response handle(const Request& request) const override { return function_(request); }

 private:
  std::function<Response(const Request&)> function_;
};

routing::RouteDefinition define(std::string match, AnyHandler handler) {
  routing::RouteDefinition definition;
  definition.match = std::move(match);
  definition.name = "function";
  definition.handler = std::move(handler);
  return definition;
}

void check(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

routing::RouteDefinition route(std::string match, std::function<Response(const Request&)> function) {
  return define(std::move(match), std::make_unique<FunctionHandler>(std::move(function)));
}

routing::RouteDefinition async_route(std::string match, std::function<awaitable<Response>(Request&)> function) {
  return define(std::move(match), std::make_unique<AsyncFunctionHandler>(std::move(function)));
}

routing::RouteDefinition blocking_route(std::string match, std::function<Response(const Request&)> function) {
  return define(std::move(match), std::make_unique<BlockingFunctionHandler>(std::move(function)));
}

WorkerFixture::WorkerFixture(std::vector<routing::RouteDefinition> routes, unsigned threads, const Change& change)
    : scoreboard_({.workers = 1, .io_threads = threads, .pool_threads = 0, .routes = routes.size()}) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  check(listener_, "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  check(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), "bind");
  check(::listen(listener_, SOMAXCONN), "listen");
  check(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  port_ = ntohs(address.sin_port);

  WorkerOptions options = default_worker_options();
  options.threads = threads;
  options.row = &scoreboard_[0];
  options.counters = scoreboard_.counters(0);
  options.route_counters = scoreboard_.route_counters(0);
  observability::LogOptions log_options;
  log_options.level = LogLevel::off;
  log_ = observability::make_log_sink(log_options);
  options.log = log_.get();
  if (change) change(options);
  worker_ = std::make_unique<Worker>(std::move(options));
  worker_->set_site(std::make_unique<routing::Site>(std::move(routes), worker_->services()));
  worker_->listen({{listener_, false}});
  thread_ = std::thread([this] { answered_all_ = worker_->run(); });
}

WorkerFixture::~WorkerFixture() {
  worker_->stop();
  if (thread_.joinable()) thread_.join();
  worker_.reset();
  ::close(listener_);
}

bool WorkerFixture::wait_for_end() {
  thread_.join();
  return answered_all_;
}

}  // namespace ropeway::server
