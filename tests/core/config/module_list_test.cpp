#include "core/src/config/module_list.hpp"

#include <doctest/doctest.h>

#include "core/src/config/loader.hpp"

namespace module_list_test {

using namespace ropeway::config;
using ropeway::Setting;

namespace {

std::string listed(const ModuleList& list) {
  std::string words = list.from_environment ? "environment:" : "";
  for (const ModuleConfig& module : list.modules) words += " " + module.pointer + "=" + module.path;
  return words;
}

std::string listed(std::string_view text, const char* variable = nullptr) {
  return listed(modules_of(text, "/etc/ropeway/ropeway.json",
                           [variable](const char* name) { return std::string_view(name) == "ROPEWAY_MODULES" ? variable : nullptr; }));
}

}  // namespace

TEST_CASE("modules are found from the configuration's folder on, whatever else the configuration says") {
  CHECK(listed(R"({"modules": ["a.so", "../b.so", "/c.so"], "routes": 3, "unknown": []})") ==
        " /modules/0=/etc/ropeway/a.so /modules/1=/etc/b.so /modules/2=/c.so");
  CHECK(listed("{}").empty());
  CHECK(listed("").empty());
  CHECK(listed("[]").empty());
  CHECK(listed("{\"modules\": [\"a.so\"").empty());
}

TEST_CASE("what is no path is left out of the modules, and the loader tells it") {
  const std::string text = R"({"modules": ["a.so", 3, "", "b.so"]})";
  CHECK(listed(text) == " /modules/0=/etc/ropeway/a.so /modules/3=/etc/ropeway/b.so");
  const Loaded loaded = load(text, "ropeway.json", {});
  REQUIRE(loaded.diagnostics.size() == 2);
  CHECK(loaded.diagnostics[0].pointer == "/modules/1");
  CHECK(loaded.diagnostics[1].pointer == "/modules/2");
  CHECK(listed(R"({"modules": "a.so"})").empty());
  std::string many = "{\"modules\": [0";
  for (int i = 0; i < 200; ++i) many += ", 0";
  CHECK(listed(many + "]}").empty());
}

TEST_CASE("a variable takes the place of the listed modules") {
  CHECK(listed(R"({"modules": ["a.so", 3]})", "b.so:/c.so") == "environment: /modules/0=/etc/ropeway/b.so /modules/1=/c.so");
  CHECK(listed(R"({"modules": ["a.so"]})", "") == "environment:");
  CHECK(listed(R"({"modules": ["a.so"]})", "b.so::c.so") == " /modules/0=/etc/ropeway/a.so");  // refused, as the loader tells
}

TEST_CASE("an open catalogue takes names that it does not know, with their options, and checks those that it knows") {
  Catalogue catalogue{{{"known", {Setting::integer("level", "How much.").at_most(3).by_default("1")}}}, {}, {}, true};
  const Loaded good = load(R"({"middlewares": ["other"], "routes": [{"match": "/", "handler": "unknown", "options": {"a": 1}}]})",
                           "ropeway.json", catalogue);
  REQUIRE(good.config != nullptr);
  CHECK(good.config->routes[0].handler.name == "unknown");
  const Loaded bad = load(R"({"routes": [{"match": "/", "handler": "known", "options": {"level": 4}}]})", "ropeway.json", catalogue);
  REQUIRE(bad.diagnostics.size() == 1);
  CHECK(bad.diagnostics[0].pointer == "/routes/0/options/level");
}

}  // namespace module_list_test
