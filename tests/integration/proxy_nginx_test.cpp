// The reverse proxy in front of a real server: Debian's nginx.

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/support/server_process.hpp"

namespace proxy_nginx_test {

using namespace ropeway::testing;

namespace {

constexpr const char* nginx_program = "/usr/sbin/nginx";

// nginx on a unix socket of the folder, with the files in "site".
class Nginx {
 public:
  explicit Nginx(const TemporaryFolder& folder) {
    std::string temporary;
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      temporary += std::string(kind) + "_temp_path " + (folder / kind) + ";\n";
    }
    const std::string user = ::getuid() == 0 ? "user root;\n" : "";
    const std::string file = folder.write("nginx.conf", user + "daemon off;\nworker_processes 1;\npid " + (folder / "nginx.pid") +
                                                            ";\nerror_log stderr;\nevents {}\nhttp {\n" + temporary +
                                                            "access_log off;\ngzip on;\ngzip_min_length 1;\ngzip_proxied any;\n"
                                                            "server { listen unix:" +
                                                            socket(folder) + "; root " + (folder / "site") + "; }\n}\n");
    process_ = std::make_unique<ChildProcess>(std::vector<std::string>{nginx_program, "-p", folder.path().string(), "-c", file},
                                              folder.path().string());
    REQUIRE(eventually([&] { return is_listening(SocketAddress{"", 0, socket(folder)}); }));
  }
  static std::string socket(const TemporaryFolder& folder) { return folder / "nginx.sock"; }

 private:
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace

TEST_CASE("what nginx answers is what its clients get through the proxy, in every model" *
          doctest::skip(!std::filesystem::exists(nginx_program))) {
  const TemporaryFolder folder;
  std::string large;
  for (int i = 0; large.size() < 5'000'000; ++i) large += std::to_string(i) + "\n";
  folder.write("site/large.txt", large);
  folder.write("site/small.html", "<p>small</p>");
  folder.write("site/a b.txt", "named with a space");
  const Nginx nginx(folder);
  RawClient direct(SocketAddress{"", 0, Nginx::socket(folder)});
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder own;
    const auto server = ServerProcess::run(
        model, own, R"("routes": [{"match": "/", "handler": "proxy", "options": {"upstreams": "unix:)" + Nginx::socket(folder) + R"("}}])");
    RawClient client = server->connect();
    for (const char* request : {
             "GET /small.html HTTP/1.1\r\nHost: h\r\n\r\n",
             "GET /large.txt HTTP/1.1\r\nHost: h\r\n\r\n",
             "HEAD /large.txt HTTP/1.1\r\nHost: h\r\n\r\n",
             "GET /large.txt HTTP/1.1\r\nHost: h\r\nRange: bytes=1000000-1000099\r\n\r\n",
             "GET /small.html HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n",
             "GET /small.html HTTP/1.1\r\nHost: h\r\nIf-None-Match: *\r\n\r\n",
             "GET /a%20b.txt HTTP/1.1\r\nHost: h\r\n\r\n",
             "GET /missing HTTP/1.1\r\nHost: h\r\n\r\n",
             "POST /small.html HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
         }) {
      CAPTURE(std::string(request));
      const RawResponse expected = direct.exchange(request);
      const RawResponse got = client.exchange(request);
      CHECK(got.status == expected.status);
      CHECK(got.body == expected.body);
      for (const char* field : {"Content-Length", "Content-Type", "ETag", "Last-Modified", "Content-Range", "Content-Encoding", "Server"}) {
        if (expected.status == 304 && std::string_view(field) == "Content-Length") continue;
        CAPTURE(std::string(field));
        CHECK(got.field(field) == expected.field(field));
      }
    }
  }
}

}  // namespace proxy_nginx_test
