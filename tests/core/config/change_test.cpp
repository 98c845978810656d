#include "core/src/config/change.hpp"

#include <doctest/doctest.h>

#include "core/src/config/loader.hpp"

namespace ropeway::config {
namespace {

using Cost = Setting::Cost;
using Kind = Change::Kind;

const Catalogue& catalogue() {
  static const Catalogue known{
      {{"page",
        {Setting::string("body", "The body.").by_default("\"\""), Setting::duration("age", "Its age.").by_default("\"1s\""),
         Setting::list("names", "Names.", Setting::string("", "")).by_default("[]")}}},
      {{"gate", {Setting::size("room", "Room.").by_default("\"1k\"")}}},
      {{"echo", {Setting::duration("pause", "A pause.").by_default("\"1s\"")}}, {"drop", {}}}};
  return known;
}

std::vector<Change> between(const std::string& before, const std::string& after) {
  const Loaded old = load("{" + before + "}", "old.json", catalogue());
  const Loaded fresh = load("{" + after + "}", "new.json", catalogue());
  REQUIRE(old.document);
  REQUIRE(fresh.document);
  return changes_between(*old.document, *fresh.document);
}

}  // namespace

TEST_CASE("what means the same is no difference") {
  const std::string route = R"({"match": "GET /a", "handler": "page"})";
  struct Case {
    std::string before;
    std::string after;
  };
  for (const Case& c :
       {Case{"", ""},
        {"", R"("listen": ["0.0.0.0:8000"], "keeper": false)"},
        {R"("timeouts": {"idle": "60s"})", R"("timeouts": {"idle": "1m"})"},
        {R"("timeouts": {"idle": 90})", R"("timeouts": {"idle": "90s"})"},
        {R"("limits": {"header_bytes": "16k"})", R"("limits": {"header_bytes": 16384})"},
        {R"("listen": [":80", "[::1]:81"])", R"("listen": ["[0::1]:81", "0.0.0.0:80"])"},
        {R"("listen": [":80"])", R"("listen": [{"address": "0.0.0.0:80"}])"},
        {R"("routes": [)" + route + R"(, {"match": "/b", "handler": "page"}])",
         R"("routes": [{"match": "/b", "handler": "page"}, )" + route + "]"},
        {R"("routes": [)" + route + "]", R"("routes": [{"match": "GET /a", "handler": "page", "options": {"age": 1, "names": []}}])"},
        {R"("middlewares": ["gate"])", R"("middlewares": [{"name": "gate", "options": {"room": 1024}}])"}}) {
    CAPTURE(c.after);
    CHECK(between(c.before, c.after).empty());
  }
}

TEST_CASE("each difference has its place, its values and its cost") {
  struct Case {
    std::string before;
    std::string after;
    Change change;
  };
  const std::string a = R"({"match": "GET /a", "handler": "page", "options": {"body": "x"}})";
  for (const Case& c :
       {Case{"", R"("threads": 4)", {Kind::changed, "/threads", "threads", "\"auto\"", "4", Cost::rolling}},
        {R"("processes": 2)", R"("processes": 3)", {Kind::changed, "/processes", "processes", "2", "3", Cost::rolling}},
        {R"("processes": 2)", R"("processes": 0)", {Kind::changed, "/processes", "processes", "2", "0", Cost::restart}},
        {R"("processes": 0)", "", {Kind::changed, "/processes", "processes", "0", "\"auto\"", Cost::restart}},
        {R"("limits": {"connections": 10})",
         "",
         {Kind::changed, "/limits/connections", "limits.connections", "10", "16384", Cost::rolling}},
        {"", R"("canary": {"percent": 0})", {Kind::changed, "/canary/percent", "canary.percent", "10", "0", Cost::hot}},
        {"",
         R"("log": {"access": {"file": "a.log"}})",
         {Kind::changed, "/log/access/file", "log.access.file", "\"\"", "\"a.log\"", Cost::rolling}},
        {"", R"("$schema": "x")", {Kind::added, "/$schema", "$schema", "", "\"x\"", Cost::hot}},
        {R"("listen": [":80", ":81"])", R"("listen": [":81"])", {Kind::removed, "/listen/0", "listen", "\":80\"", "", Cost::rebind}},
        {R"("listen": [":80"])", R"("listen": [":80", "unix:a"])", {Kind::added, "/listen/1", "listen", "", "\"unix:a\"", Cost::rebind}},
        {R"("listen": [{"address": ":80"}])",
         R"("listen": [{"address": ":81"}])",
         {Kind::added, "/listen/0", "listen", "", "*", Cost::rebind}},
        {R"("trusted_proxies": ["10.0.0.1"], "listen": [":80"])",
         R"("trusted_proxies": ["10.0.0.1"], "listen": [":81", {"address": "0.0.0.0:80", "proxy_protocol": true}])",
         {Kind::changed, "/listen/1/proxy_protocol", "listen \"0.0.0.0:80\": proxy_protocol", "false", "true", Cost::rolling}},
        {R"("trusted_proxies": ["10.0.0.1"], "listen": [{"address": ":80", "proxy_protocol": true}])",
         R"("trusted_proxies": ["10.0.0.1"], "listen": [":80"])",
         {Kind::changed, "/listen/0", "listen \":80\": proxy_protocol", "true", "false", Cost::rolling}},
        {R"("listen": [{"address": ":80", "handler": "echo"}])",
         R"("listen": [{"address": ":80", "handler": "drop"}])",
         {Kind::changed, "/listen/0/handler", "listen \":80\": handler", "\"echo\"", "\"drop\"", Cost::rolling}},
        {R"("listen": [":80"])",
         R"("listen": [":81", {"address": ":80", "handler": "drop"}])",
         {Kind::added, "/listen/1/handler", "listen \":80\": handler", "", "\"drop\"", Cost::rolling}},
        {R"("listen": [{"address": ":80", "handler": "drop"}])",
         R"("listen": [":80"])",
         {Kind::removed, "/listen/0/handler", "listen \":80\": handler", "\"drop\"", "", Cost::rolling}},
        {R"("listen": [{"address": ":80", "handler": "echo", "options": {"pause": "1000ms"}}])",
         R"("listen": [{"address": ":80", "handler": "echo", "options": {"pause": 2}}])",
         {Kind::changed, "/listen/0/options/pause", "listen \":80\": options.pause", "*", "*", Cost::rolling}},
        {R"("groups": [{"prefix": "/v1", "routes": []}])", "", {Kind::removed, "/groups/0", "groups \"/v1\"", "*", "", Cost::rolling}},
        {R"("groups": [{"prefix": "/v1", "routes": []}])",
         R"("groups": [{"prefix": "/v1", "routes": [)" + a + "]}]",
         {Kind::added, "/groups/0/routes/0", "groups \"/v1\": routes \"GET /a\"", "", "*", Cost::rolling}},
        {"\"routes\": [" + a + "]", "", {Kind::removed, "/routes/0", "routes \"GET /a\"", "*", "", Cost::rolling}},
        {"", "\"routes\": [" + a + "]", {Kind::added, "/routes/0", "routes \"GET /a\"", "", "*", Cost::rolling}},
        {"\"routes\": [" + a + "]",
         R"("routes": [{"match": "/", "handler": "page"}, {"match": "GET /a", "handler": "page", "options": {"body": "y"}}])",
         {Kind::changed, "/routes/1/options/body", "routes \"GET /a\": options.body", "\"x\"", "\"y\"", Cost::rolling}},
        {R"("affinity": "none")", R"("affinity": [0])", {Kind::changed, "/affinity", "affinity", "\"none\"", "[0]", Cost::rolling}},
        {R"("middlewares": ["gate"])",
         R"("middlewares": [{"name": "gate", "options": {"room": 2}}])",
         {Kind::changed, "/middlewares/0/options/room", "middlewares \"gate\": options.room", "*", "2", Cost::rolling}},
        {R"("middlewares": ["gate"])", "", {Kind::changed, "/middlewares", "middlewares", "*", "[]", Cost::rolling}}}) {
    CAPTURE(c.change.name);
    const auto changes = between(c.before, c.after);
    REQUIRE_FALSE(changes.empty());
    const Change& change = changes.back();
    CHECK(change.kind == c.change.kind);
    CHECK(change.pointer == c.change.pointer);
    CHECK(change.name == c.change.name);
    if (c.change.before != "*") CHECK(change.before == c.change.before);
    if (c.change.after != "*") CHECK(change.after == c.change.after);
    CHECK(change.cost == c.change.cost);
  }
}

TEST_CASE("all differences are told") {
  const auto changes = between(R"("listen": [":1", ":2"], "threads": 1)", R"("listen": [":3"], "threads": 2, "stall": {"warn": 5})");
  CHECK(changes.size() == 5);
  CHECK(needs_restart("processes") == "processes: from or to 0 needs a restart; stop the server and start it again");
}

}  // namespace ropeway::config
