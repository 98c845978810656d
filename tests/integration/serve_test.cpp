#include <doctest/doctest.h>

#include <signal.h>

#include "tests/support/server_process.hpp"

namespace serve_test {

using namespace ropeway::testing;

TEST_CASE("serve answers with the files of a folder, says where, and stops by SIGINT") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    folder.write("site/file.txt", "content");
    ServerProcess server({"serve", "site", "--port", "0", "--bind", "127.0.0.1", "--processes", std::to_string(model.processes),
                          "--threads", std::to_string(model.threads)},
                         folder.path().string());
    RawClient client = server.connect();
    CHECK(client.get("/file.txt").body == "content");
    CHECK(client.get("/").body.find("file.txt") != std::string::npos);
    const std::string port = std::to_string(server.address().port);
    server.signal(SIGINT);
    CHECK(server.wait() == 0);
    const std::string said = server.standard_output() + server.standard_error();
    CHECK(said.find(":" + port) != std::string::npos);
    CHECK(said.find("site") != std::string::npos);
    CHECK(said.find("\"GET /file.txt") != std::string::npos);
    CHECK(said.find('\033') == std::string::npos);  // no colours in a file
  }
}

TEST_CASE("serve without a folder takes the current one") {
  const TemporaryFolder folder;
  folder.write("here.txt", "here");
  ServerProcess server({"serve", "--port", "0", "--quiet"}, folder.path().string());
  const SocketAddress address = SocketAddress::tcp("127.0.0.1", server.address().port);
  CHECK(RawClient(address).get("/here.txt").body == "here");
}

TEST_CASE("serve of a folder that is not there is a clear error") {
  const TemporaryFolder folder;
  const Finished finished = run_to_end({program(), "serve", "missing", "--port", "0"}, folder.path().string());
  CHECK(finished.exit_code == 2);
  CHECK(finished.error.find("missing") != std::string::npos);
}

TEST_CASE("a folder whose name is no UTF-8 is served like any other") {
  const TemporaryFolder folder;
  folder.write("caf\xE9/file.txt", "content");
  ServerProcess server({"serve", "caf\xE9", "--port", "0", "--bind", "127.0.0.1", "--bind", "127.0.0.1", "--log-access", "access.log"},
                       folder.path().string());
  CHECK(server.connect().get("/file.txt").body == "content");
  server.signal(SIGINT);
  CHECK(server.wait() == 0);
  CHECK(read_file((folder.path() / "access.log").string()).find("/file.txt") != std::string::npos);
}

TEST_CASE("closed standard descriptors become no sockets") {
  const TemporaryFolder folder;
  folder.write("file.txt", "content");
  for (const char* closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"}) {
    CAPTURE(closed);
    const std::string line = "exec \"$0\" \"$@\" " + std::string(closed);
    ServerProcess server({"-c", line, program(), "serve", "--port", "0", "--bind", "127.0.0.1", "--processes", "1", "--threads", "1"},
                         folder.path().string(), "/bin/sh");
    for (int i = 0; i < 3; ++i) CHECK(server.connect().get("/file.txt").body == "content");
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
  }
}

}  // namespace serve_test
