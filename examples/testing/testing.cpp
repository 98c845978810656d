// Tests of a handler, and of a whole server, without a port. Any test framework will do; this one is doctest.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <ropeway/ropeway.hpp>
#include <ropeway/testing/call.hpp>
#include <ropeway/testing/client.hpp>

class Greeting final : public ropeway::Handler {
 public:
  static ropeway::Settings settings() { return {ropeway::Setting::string("word", "What the answer begins with.").by_default("\"Hello\"")}; }
  explicit Greeting(const ropeway::ConfigNode& options) : word_(options.string("word")) {}

  ropeway::Response handle(const ropeway::Request& request) const override {
    if (request.param("name").empty()) throw ropeway::HttpError(ropeway::Status::bad_request, "who are you?");
    return ropeway::Response::text(word_ + ", " + std::string(request.param("name")) + "!\n");
  }

 private:
  std::string word_;
};

TEST_CASE("the greeting uses the configured word and the name in the path") {
  using namespace ropeway::testing;
  const Greeting greeting(ropeway::ConfigNode::from_json(R"({"word": "Ahoy"})", Greeting::settings()));
  CHECK(body_of(call(greeting, RequestBuilder("GET", "/hello/Ann").param("name", "Ann"))) == "Ahoy, Ann!\n");
  CHECK(call(greeting, RequestBuilder("GET", "/hello/")).status() == ropeway::Status::bad_request);
}

TEST_CASE("the route, its middlewares and everything else are as in the server") {
  ropeway::testing::Client client(R"({"routes": [{"match": "GET /hello/{name}", "handler": "greeting"}]})",
                                  [](ropeway::Registry& registry) { registry.handler<Greeting>("greeting"); });
  CHECK(client.get("/hello/Ann%20Lee").body == "Hello, Ann Lee!\n");
  CHECK(client.post("/hello/Ann", "text/plain", "").status == ropeway::Status::method_not_allowed);
  CHECK(client.exchange("GET /hello/Ann HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
}
