// Servers behind that are asked whether they are well.

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/scripted_upstream.hpp"
#include "tests/support/server_process.hpp"

namespace proxy_health_test {

using namespace ropeway::testing;

namespace {

/// A server that says its name, and is well as long as there is a file.
class Behind {
 public:
  explicit Behind(const std::string& name) {
    folder_.write("site/name", name);
    set_well(true);
    server_ = ServerProcess::run({0, 1}, folder_, R"("routes": [{"match": "/", "handler": "static_files", "options": {"root": "site"}}])");
  }
  [[nodiscard]] std::string url() const {
    const std::string& text = server_->urls().front();
    return text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
  }
  void set_well(bool well) const {
    if (well) {
      folder_.write("site/well", "yes");
    } else {
      std::filesystem::remove(folder_ / "site/well");
    }
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<ServerProcess> server_;
};

std::string proxy_to(const std::string& urls, const std::string& health) {
  return R"("routes": [{"match": "/", "handler": "proxy", "options": {"upstreams": [)" + urls +
         R"(], "health": {"path": "/well", "interval": "50ms")" + health + "}}}]";
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

/// Whether all of a row of requests, more than there are servers, are answered so.
bool all_say(RawClient& client, const std::string& name) {
  for (int i = 0; i < 6; ++i) {
    if (client.get("/name").body != name) return false;
  }
  return true;
}

bool both_say(RawClient& client) {
  std::string names;
  for (int i = 0; i < 2; ++i) names += client.get("/name").body;
  return names == "onetwo" || names == "twoone";
}

}  // namespace

TEST_CASE("a server that does not pass its checks gets no requests until it does, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const Behind one("one");
    const Behind two("two");
    const TemporaryFolder folder;
    const auto front = ServerProcess::run(model, folder, proxy_to(quoted(one.url()) + ", " + quoted(two.url()), ""));
    RawClient client = front->connect();
    CHECK(both_say(client));
    one.set_well(false);
    CHECK(eventually([&] { return all_say(client, "two"); }));
    CHECK(eventually([&] {
      const std::string log = front->standard_error();
      return log.find("is left out upstream=" + one.url()) != std::string::npos &&
             log.find("reason=\"its status is 404\"") != std::string::npos;
    }));
    // Where none is well, any is better than none.
    two.set_well(false);
    CHECK(eventually([&] { return both_say(client); }));
    one.set_well(true);
    CHECK(eventually([&] { return all_say(client, "one"); }));
    two.set_well(true);
    CHECK(eventually([&] { return both_say(client); }));
    CHECK(front->standard_error().find("well again, by its checks upstream=" + two.url()) != std::string::npos);
    front->signal(SIGTERM);
    CHECK(front->wait() == 0);
  }
}

TEST_CASE("a server that does not answer its checks in time, or not at all, is not well from the first one on") {
  const Behind one("one");
  const TemporaryFolder folder;
  const ScriptedUpstream silent;
  {
    const auto front =
        ServerProcess::run({1, 2}, folder, proxy_to(quoted(silent.url()) + ", " + quoted(one.url()), R"(, "timeout": "100ms")"));
    RawClient client = front->connect();
    CHECK(eventually([&] { return front->standard_error().find("it does not answer in time") != std::string::npos; }));
    CHECK(all_say(client, "one"));
    front->signal(SIGTERM);  // while a check waits, or between two
    CHECK(front->wait() == 0);
  }
  const std::string gone = ScriptedUpstream().url();
  const auto front = ServerProcess::run({1, 1}, folder, proxy_to(quoted(gone) + ", " + quoted(one.url()), R"(, "failures": 1000)"));
  RawClient client = front->connect();
  CHECK(eventually([&] { return front->standard_error().find("is left out upstream=" + gone + " reason=") != std::string::npos; }));
  CHECK(all_say(client, "one"));
}

TEST_CASE("what a server is asked in a check") {
  const TemporaryFolder folder;
  const ScriptedUpstream upstream;
  const auto front = ServerProcess::run({1, 1}, folder, proxy_to(quoted(upstream.url() + "/base"), ""));
  auto check = upstream.accept();
  const std::string head = check.read_head();
  CHECK(head.starts_with("GET /base/well HTTP/1.1\r\nHost: "));
  CHECK(head.find("\r\nConnection: close\r\n") != std::string::npos);
  check.send("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
  CHECK(upstream.accept().read_head() == head);  // the next one
  CHECK(front->standard_error().find("left out") == std::string::npos);
}

TEST_CASE("a path that could not be asked for is a mistake of the configuration") {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("ropeway.json",
                   R"({"routes": [{"match": "/", "handler": "proxy", "options": {"upstreams": "http://a", "health": {"path": "well"}}}]})");
  ChildProcess check({program(), "check", "--config", file}, folder.path().string());
  CHECK(check.wait() == 2);
  CHECK(check.standard_error().find("expected a path such as \"/healthz\"") != std::string::npos);
}

}  // namespace proxy_health_test
