// What a program outside the project does: a class, a server, a request to it. Exit code 0 when the answer is right.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <string_view>

#include <ropeway/ropeway.hpp>

namespace {

class Hello final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request&) const override { return ropeway::Response::text("Hello from outside\n"); }
};

std::string fetch(std::uint16_t port) {
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string_view request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    if (::send(client, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
      char piece[1024];
      for (ssize_t count = 0; (count = ::recv(client, piece, sizeof(piece), 0)) > 0;) answer.append(piece, static_cast<std::size_t>(count));
    }
  }
  ::close(client);
  return answer;
}

}  // namespace

int main() {
  auto server = ropeway::Server::with<Hello>("127.0.0.1", 0);
  server.start();
  const std::string answer = fetch(server.port());
  std::cout << answer;
  return answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nHello from outside\n") ? 0 : 1;
}
