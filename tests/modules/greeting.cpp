// A module as it should be. GREETING_VERSION tells one build of it from another one, and GREETING_NAMES begins the names that it registers.

#include <cstdlib>

#include <ropeway/module.hpp>

namespace greeting {

class Greeting final : public ropeway::Handler {
 public:
  static ropeway::Settings settings() {
    return {ropeway::Setting::string("word", "The word before the name.").at_least(1).by_default("\"Hello\""),
            ropeway::Setting::integer("times", "How often.").at_least(1).at_most(3).by_default("1")};
  }
  explicit Greeting(const ropeway::ConfigNode& options) : word_(options.string("word")), times_(options.integer("times")) {
    if (word_ == "Goodbye") throw options.error("word", "is no greeting");
  }
  ropeway::Response handle(const ropeway::Request& request) const override {
    std::string text;
    for (std::int64_t i = 0; i < times_; ++i) text += word_ + ", " + std::string(request.param("name")) + " (" GREETING_VERSION ")\n";
    return ropeway::Response::text(text);
  }

 private:
  std::string word_;
  std::int64_t times_;
};

class Fall final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request&) const override { std::abort(); }
};

class Stamp final : public ropeway::Middleware {
 public:
  ropeway::awaitable<ropeway::Response> handle(ropeway::Request& request, ropeway::Next next) const override {
    ropeway::Response response = co_await next(request);
    response.headers().set("X-Stamp", GREETING_VERSION);
    co_return response;
  }
};

}  // namespace greeting

ROPEWAY_MODULE(registry) {
  registry.handler<greeting::Greeting>(GREETING_NAMES "greeting");
  registry.handler<greeting::Fall>(GREETING_NAMES "fall");
  registry.middleware<greeting::Stamp>(GREETING_NAMES "stamp");
}
