// A protocol of one's own, without HTTP: each line is answered with itself, and `quit` ends the connection.

#include <string>

#include <ropeway/ropeway.hpp>

class LineEcho final : public ropeway::StreamHandler {
 public:
  static ropeway::Settings settings() {
    return {ropeway::Setting::string("greeting", "What a client is told first.").by_default("\"ready\"")};
  }
  explicit LineEcho(const ropeway::ConfigNode& options) : greeting_(options.string("greeting") + "\r\n") {}

  ropeway::awaitable<void> handle(ropeway::Stream& stream) const override {
    co_await stream.write(greeting_);
    while (auto line = co_await stream.read_line(longest)) {
      if (*line == "quit") co_return;
      *line += "\r\n";
      co_await stream.write(*line);
    }
  }

 private:
  static constexpr std::size_t longest = 1000;  // bytes; a client that sends more without an end of line is closed
  std::string greeting_;
};

// `GET /` on the other address, to show that both live in one server.
class Page final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request&) const override {
    return ropeway::Response::text("Lines are echoed on port 7000: nc 127.0.0.1 7000\n");
  }
};

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) {
    registry.handler<LineEcho>("line_echo");
    registry.handler<Page>("page");
  });
}
