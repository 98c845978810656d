#include "core/src/module/registry.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include <ropeway/testing/call.hpp>

#include "tests/support/recording_services.hpp"

using ropeway::ConfigNode;
using ropeway::module::NamedRegistry;

namespace {

// How a component was constructed, told by its answer.
template <class Base>
struct Told : Base {
  explicit Told(std::string how) : how_(std::move(how)) {}
  std::string how_;
};

struct Immediate : Told<ropeway::Handler> {
  using Told::Told;
  ropeway::Response handle(const ropeway::Request&) const override { return ropeway::Response::text(how_); }
};

struct FromNothing final : Immediate {
  FromNothing() : Immediate("nothing") {}
};
struct FromOptions final : Immediate {
  static ropeway::Settings settings() { return {ropeway::Setting::string("word", "What to say.").by_default("\"silence\"")}; }
  explicit FromOptions(const ConfigNode& options) : Immediate(options.string("word")) {}
};
struct FromServices final : Immediate {
  explicit FromServices(ropeway::Services& services) : Immediate("services") { services.logger().info("constructed"); }
};
struct FromBoth final : Immediate {
  FromBoth(const ConfigNode& options, ropeway::Services& services) : Immediate("both at " + options.pointer()) {
    services.logger().info("constructed");
  }
};
struct Refusing final : Immediate {
  static ropeway::Settings settings() { return {ropeway::Setting::string("word", "What to say.").by_default("\"\"")}; }
  explicit Refusing(const ConfigNode& options) : Immediate("") { throw options.error("word", "must not be empty"); }
};
struct Async final : ropeway::AsyncHandler {
  ropeway::awaitable<ropeway::Response> handle(ropeway::Request&) const override { co_return ropeway::Response(); }
};
struct Blocking final : ropeway::BlockingHandler {
  ropeway::Response handle(const ropeway::Request&) const override { return ropeway::Response(); }
};
struct Passing final : ropeway::Middleware {
  static ropeway::Settings settings() { return {ropeway::Setting::integer("level", "How much.").by_default("3")}; }
  explicit Passing(const ConfigNode& options) : level(options.integer("level")) {}
  ropeway::awaitable<ropeway::Response> handle(ropeway::Request& request, ropeway::Next next) const override { return next(request); }
  std::int64_t level;
};

ropeway::AnyHandler make(const NamedRegistry& registry, std::string_view name, const char* options, ropeway::Services& services) {
  const auto* entry = registry.find_handler(name);
  REQUIRE(entry != nullptr);
  return entry->make(ConfigNode::from_json(options, entry->settings), services);
}

std::string told_by(const ropeway::AnyHandler& handler) { return dynamic_cast<Immediate&>(*std::get<0>(handler)).how_; }

}  // namespace

TEST_CASE("a handler is constructed from nothing, its options, the services, or both") {
  ropeway::testing::RecordingServices services;
  NamedRegistry registry;
  registry.handler<FromNothing>("nothing");
  registry.handler<FromOptions>("options");
  registry.handler<FromServices>("services");
  registry.handler<FromBoth>("both");
  CHECK(told_by(make(registry, "nothing", "{}", services)) == "nothing");
  CHECK(told_by(make(registry, "options", "{}", services)) == "silence");
  CHECK(told_by(make(registry, "options", R"({"word": "hello"})", services)) == "hello");
  CHECK(services.logger().lines().empty());
  CHECK(told_by(make(registry, "services", "{}", services)) == "services");
  CHECK(told_by(make(registry, "both", "{}", services)) == "both at ");
  CHECK(services.logger().lines().size() == 2);
}

TEST_CASE("each kind of handler keeps its kind") {
  ropeway::testing::RecordingServices services;
  NamedRegistry registry;
  registry.handler<FromNothing>("immediate");
  registry.handler<Async>("async");
  registry.handler<Blocking>("blocking");
  CHECK(std::holds_alternative<std::unique_ptr<ropeway::Handler>>(make(registry, "immediate", "{}", services)));
  CHECK(std::holds_alternative<std::unique_ptr<ropeway::AsyncHandler>>(make(registry, "async", "{}", services)));
  CHECK(std::holds_alternative<std::unique_ptr<ropeway::BlockingHandler>>(make(registry, "blocking", "{}", services)));
}

TEST_CASE("declared settings are kept with the name, and none are declared by default") {
  NamedRegistry registry;
  registry.handler<FromNothing>("nothing");
  registry.handler<FromOptions>("options");
  registry.middleware<Passing>("pass");
  CHECK(registry.find_handler("nothing")->settings.empty());
  REQUIRE(registry.find_handler("options")->settings.size() == 1);
  CHECK(registry.find_handler("options")->settings[0].name() == "word");
  REQUIRE(registry.find_middleware("pass")->settings.size() == 1);
  CHECK(registry.find_middleware("pass")->settings[0].name() == "level");
}

TEST_CASE("a middleware is made with its options, and has names of its own") {
  ropeway::testing::RecordingServices services;
  NamedRegistry registry;
  registry.handler<FromNothing>("same");
  registry.middleware<Passing>("same");
  const auto* entry = registry.find_middleware("same");
  REQUIRE(entry != nullptr);
  const auto middleware = entry->make(ConfigNode::from_json(R"({"level": 7})", entry->settings), services);
  CHECK(dynamic_cast<Passing&>(*middleware).level == 7);
}

TEST_CASE("an option that a constructor cannot use is reported with its place") {
  ropeway::testing::RecordingServices services;
  NamedRegistry registry;
  registry.handler<Refusing>("refusing");
  try {
    (void)make(registry, "refusing", "{}", services);
    FAIL_CHECK("was made");
  } catch (const ropeway::ConfigError& error) { CHECK(error.pointer() == "/word"); }
}

TEST_CASE("a name can be taken once, and must be one") {
  NamedRegistry registry;
  registry.handler<FromNothing>("hello");
  registry.middleware<Passing>("pass");
  CHECK_THROWS_WITH_AS(registry.handler<Async>("hello"), "handler \"hello\" is registered already; choose another name",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(registry.middleware<Passing>("pass"), "middleware \"pass\" is registered already; choose another name",
                       std::invalid_argument);
  CHECK_THROWS_AS(registry.handler<Async>(""), std::invalid_argument);
  CHECK_THROWS_AS(registry.add_handler("empty", {}, nullptr), std::invalid_argument);
  CHECK(registry.find_handler("empty") == nullptr);
  CHECK(registry.find_handler("none") == nullptr);
  CHECK(registry.find_middleware("hello") == nullptr);
  CHECK(registry.handlers().size() == 1);
  CHECK(registry.middlewares().size() == 1);
}

TEST_CASE("a function is a handler of the kind that it looks like, a copy for each route") {
  ropeway::testing::RecordingServices services;
  NamedRegistry registry;
  const std::string word = "kept";
  registry.handler("at once",
                   [word](const ropeway::Request& request) { return ropeway::Response::text(word + std::string(request.path())); });
  registry.handler("coroutine", [word](ropeway::Request& request) -> ropeway::awaitable<ropeway::Response> {
    const std::string_view body = co_await request.read_body();
    co_return ropeway::Response::text(word + std::string(body));
  });
  registry.blocking_handler("blocking", [](const ropeway::Request&) { return ropeway::Response(ropeway::Status::accepted); });
  const auto at_once = make(registry, "at once", "{}", services);
  CHECK(ropeway::testing::body_of(ropeway::testing::call(*std::get<0>(at_once), ropeway::testing::RequestBuilder("GET", "/path"))) ==
        "kept/path");
  const auto coroutine = make(registry, "coroutine", "{}", services);
  CHECK(ropeway::testing::body_of(ropeway::testing::call(*std::get<1>(coroutine),
                                                         ropeway::testing::RequestBuilder("POST", "/").body("content"))) == "keptcontent");
  const auto blocking = make(registry, "blocking", "{}", services);
  CHECK(ropeway::testing::call(*std::get<2>(blocking), ropeway::testing::RequestBuilder("GET", "/")).status() == ropeway::Status::accepted);
  CHECK_THROWS_AS(registry.handler("blocking", [](const ropeway::Request&) { return ropeway::Response(); }), std::invalid_argument);
}

TEST_CASE("a function is a middleware") {
  ropeway::testing::RecordingServices services;
  NamedRegistry registry;
  registry.middleware("tag", [](ropeway::Request& request, ropeway::Next next) -> ropeway::awaitable<ropeway::Response> {
    ropeway::Response response = co_await next(request);
    response.header("X-Tag", "seen");
    co_return response;
  });
  const auto* entry = registry.find_middleware("tag");
  REQUIRE(entry != nullptr);
  const auto middleware = entry->make(ConfigNode::from_json("{}", entry->settings), services);
  const ropeway::Response response = ropeway::testing::call(*middleware, FromNothing(), ropeway::testing::RequestBuilder("GET", "/"));
  CHECK(response.headers().find("X-Tag") == "seen");
}

TEST_CASE("a name that is taken is told with who has it") {
  NamedRegistry registry;
  registry.set_origin("the module \"first\"");
  registry.handler<FromNothing>("a");
  registry.middleware<Passing>("b");
  registry.set_origin("the module \"second\"");
  CHECK_THROWS_WITH(registry.handler<FromNothing>("a"), "handler \"a\" is registered already by the module \"first\"; choose another name");
  CHECK_THROWS_WITH(registry.middleware<Passing>("b"),
                    "middleware \"b\" is registered already by the module \"first\"; choose another name");
}
