// What every tutorial of Python's http.server opens with: a port, an empty host, a handler class, "started", serve until Ctrl+C.
// The server stops, and its connections close, where its scope ends. Another port: `./tutorial 8001`; 0 takes a free one.

#include <iostream>

#include <ropeway/ropeway.hpp>

struct MyServer final : ropeway::Handler {
  ropeway::Response handle(const ropeway::Request& request) const override {
    return ropeway::Response::text("Request: " + std::string(request.path()) + "\n");
  }
};

int main(int argc, char* argv[]) {
  auto server = ropeway::Server::with<MyServer>("", argc > 1 ? static_cast<std::uint16_t>(std::stoi(argv[1])) : 8000);
  std::cout << "Server started http://localhost:" << server.port() << std::endl;
  server.serve_forever();
  std::cout << "Server stopped." << std::endl;
}
