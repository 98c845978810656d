// A handler's test: no server, no socket, no port. Any test framework will do; this one is doctest.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <ropeway/ropeway.hpp>
#include <ropeway/testing/call.hpp>

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
