#include "core/src/module/module_order.hpp"

#include <doctest/doctest.h>

namespace module_order_test {

using namespace ropeway::module;

namespace {

// "a b c", and then the faults: "; c: needs ..."
std::string ordered(const std::vector<ModuleNeeds>& modules) {
  const ModuleOrder result = order_of(modules);
  std::string words;
  for (const std::size_t i : result.order) words += (words.empty() ? "" : " ") + modules[i].name;
  for (const auto& [module, sentence] : result.faults) words += "; " + modules[module].name + ": " + sentence;
  return words;
}

}  // namespace

TEST_CASE("modules are ordered as they are listed, but for those that others need") {
  CHECK(ordered({}).empty());
  CHECK(ordered({{"a", {}}, {"b", {}}, {"c", {}}}) == "a b c");
  CHECK(ordered({{"a", {"c"}}, {"b", {}}, {"c", {"b"}}}) == "b c a");
  CHECK(ordered({{"a", {"c", "b"}}, {"b", {"d"}}, {"c", {"d"}}, {"d", {}}}) == "d c b a");
}

TEST_CASE("a module whose need is missing is left out, and so is who needs it; one sentence tells it") {
  CHECK(ordered({{"a", {"b"}}, {"b", {"accout"}}, {"account", {}}}) ==
        "account; b: needs the module \"accout\", which is not in \"modules\": add its file, did you mean \"account\"?");
  CHECK(ordered({{"a", {"zzz"}}, {"b", {}}}) == "b; a: needs the module \"zzz\", which is not in \"modules\": add its file");
}

TEST_CASE("modules that need each other are told with the whole circle") {
  CHECK(ordered({{"a", {"a"}}, {"b", {}}}) == "b; a: needs itself: \"a\" needs \"a\"; one of them must do without");
  CHECK(ordered({{"x", {"a"}}, {"a", {"b"}}, {"b", {"c"}}, {"c", {"a"}}, {"d", {}}}) ==
        "d; c: needs itself: \"a\" needs \"b\" needs \"c\" needs \"a\"; one of them must do without");
}

}  // namespace module_order_test
