#include <ropeway/testing/client.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "core/src/http/field_value.hpp"
#include "core/src/protocol/http1/response_reader.hpp"
#include "core/src/server/worker.hpp"
#include "launcher/src/application.hpp"
#include "launcher/src/descriptor.hpp"
#include "launcher/src/log_files.hpp"

namespace ropeway::testing {
namespace {

using launcher::Descriptor;

constexpr int patience = 20'000;  // milliseconds without a byte in either direction
constexpr unsigned default_threads = 2;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

struct Address {
  sockaddr_un name{};
  socklen_t size = sizeof(sa_family_t);
  Address() { name.sun_family = AF_UNIX; }
  [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&name); }
};

Descriptor unix_socket() {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) fail("a socket for a test");
  return socket;
}

// Linux finds a name that nobody has (unix(7), "autobind"); no file is made.
Descriptor listen_somewhere(Address& address) {
  Descriptor socket = unix_socket();
  if (::bind(socket.get(), address.get(), address.size) != 0 || ::listen(socket.get(), SOMAXCONN) != 0) fail("a listener for a test");
  address.size = sizeof address.name;
  if (::getsockname(socket.get(), address.get(), &address.size) != 0) fail("a listener for a test");
  return socket;
}

config::LogConfig quiet_log() {
  config::LogConfig config;
  config.level = LogLevel::warning;
  config.file = "-";
  return config;
}

config::Loaded load_or_throw(const launcher::Application& application, const launcher::ConfigSource& source) {
  config::Loaded loaded = application.load(source, {});
  if (!loaded.config) throw std::invalid_argument(config::report(loaded.diagnostics, loaded.untold));
  return loaded;
}

void check_field(std::string_view text) {
  if (!http::is_field_value(text)) throw std::invalid_argument("a field of a request has a control character");
}

}  // namespace

struct Client::Server {
  Server(const launcher::ConfigSource& source, const Register& register_handlers)
      : application(register_handlers, source, {}),
        loaded(load_or_throw(application, source)),
        log(launcher::open_log(quiet_log(), "test")),
        listener(listen_somewhere(address)),
        worker(options()) {
    std::signal(SIGPIPE, SIG_IGN);  // sendfile to a client that has gone
    std::vector<ConfigError> mistakes;
    auto site = application.make_site(*loaded.config, worker.services(), mistakes);
    if (!mistakes.empty()) {
      std::vector<config::Diagnostic> diagnostics;
      for (const ConfigError& mistake : mistakes) diagnostics.push_back(config::locate(mistake, source.text, source.file));
      throw std::invalid_argument(config::report(std::move(diagnostics), 0));
    }
    worker.set_site(std::move(site));
    const int descriptor = listener.get();
    if (worker.needs_nursery()) worker.start_nursery({&descriptor, 1}, {});
    worker.listen({{descriptor, true}});
    thread = std::thread([this] { (void)worker.run(threads()); });
  }
  ~Server() {
    worker.stop();
    thread.join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] unsigned threads() const { return loaded.config->threads.value_or(default_threads); }
  [[nodiscard]] server::WorkerOptions options() const {
    server::WorkerOptions result = server::worker_options(*loaded.config);
    result.log = log.get();
    result.threads = threads();
    return result;
  }

  launcher::Application application;
  config::Loaded loaded;
  std::unique_ptr<observability::LogSink> log;
  Address address;
  Descriptor listener;
  server::Worker worker;
  std::thread thread;
};

Client::Client(std::unique_ptr<Server> server) : server_(std::move(server)) {}

Client::Client(std::string_view configuration, const Register& register_handlers)
    : Client(std::make_unique<Server>(launcher::ConfigSource{"configuration", std::string(configuration)}, register_handlers)) {}

Client Client::from_file(const std::string& file, const Register& register_handlers) {
  config::FileText read = config::read_text(file);
  if (read.error != 0) throw std::system_error(read.error, std::generic_category(), file);
  return Client(std::make_unique<Server>(launcher::ConfigSource{file, std::move(read.text)}, register_handlers));
}

Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

std::string Client::exchange(std::string_view bytes) {
  const Descriptor socket = unix_socket();
  if (::connect(socket.get(), server_->address.get(), server_->address.size) != 0) fail("a connection to the server under test");
  std::string answer;
  bool sending = true;
  for (;;) {
    if (sending && bytes.empty()) {
      ::shutdown(socket.get(), SHUT_WR);
      sending = false;
    }
    pollfd ready{socket.get(), static_cast<short>(POLLIN | (sending ? POLLOUT : 0)), 0};
    const int count = ::poll(&ready, 1, patience);
    if (count < 0 && errno != EINTR) fail("poll");
    if (count == 0)
      throw std::runtime_error("the server under test said nothing for " + std::to_string(patience / 1000) + " s; before: " + answer);
    if ((ready.revents & POLLOUT) != 0 && sending) {
      const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN && errno != EINTR) bytes = {};  // it takes no more; what it has said may come yet
    }
    if ((ready.revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    std::array<char, 16 * 1024> piece;
    const ssize_t size = ::recv(socket.get(), piece.data(), piece.size(), 0);
    if (size == 0 || (size < 0 && errno == ECONNRESET)) return answer;
    if (size > 0) answer.append(piece.data(), static_cast<std::size_t>(size));
  }
}

Answer Client::request(std::string_view method, std::string_view target, std::initializer_list<HeaderField> fields,
                       std::string_view content) {
  std::string bytes;
  bytes.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  bool names_host = false;
  for (const HeaderField& field : fields) {
    check_field(field.name);
    check_field(field.value);
    names_host = names_host || same_field_name(field.name, "Host");
    bytes.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (!names_host) bytes.append("Host: localhost\r\n");
  if (!content.empty() || method == "POST" || method == "PUT" || method == "PATCH") {  // RFC 9110 §8.6
    bytes.append("Content-Length: ").append(std::to_string(content.size())).append("\r\n");
  }
  bytes.append("\r\n").append(content);

  const std::string received = exchange(bytes);
  protocol::Limits limits;
  limits.header_bytes = received.size() + 1;
  limits.header_count = received.size() + 1;
  limits.body_bytes = received.size() + 1;
  protocol::http1::ResponseReader reader(limits, method == "HEAD");
  Answer answer;
  std::string_view rest = received;
  for (;;) {
    using Kind = protocol::http1::ResponseEvent::Kind;
    const protocol::http1::ResponseEvent event = reader.next();
    switch (event.kind) {
      case Kind::need_input: {
        if (rest.empty()) {
          reader.commit_end();
          break;
        }
        const auto room = reader.prepare();
        const std::size_t size = std::min(room.size(), rest.size());
        std::copy_n(rest.data(), size, room.data());
        reader.commit(size);
        rest.remove_prefix(size);
        break;
      }
      case Kind::interim: break;
      case Kind::head:
        answer.status = reader.status();
        for (const HeaderField& field : reader.fields()) answer.headers.add(field.name, field.value);
        break;
      case Kind::data: answer.body.append(event.data); break;
      case Kind::end: return answer;
      case Kind::error: throw std::runtime_error("the server under test answered \"" + received + "\": " + std::string(event.reason));
    }
  }
}

}  // namespace ropeway::testing
