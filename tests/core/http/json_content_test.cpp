#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <ropeway/http_error.hpp>
#include <ropeway/json.hpp>
#include <ropeway/testing/call.hpp>

namespace ropeway::json_content_test {
namespace {

struct Item {
  std::string name;
  int count = 0;
};
void from_json(const nlohmann::json& json, Item& item) {
  json.at("name").get_to(item.name);
  json.at("count").get_to(item.count);
}

struct Order {
  int id = 0;
  std::string customer;
  std::vector<Item> items;
};
void from_json(const nlohmann::json& json, Order& order) {
  json.at("id").get_to(order.id);
  json.at("customer").get_to(order.customer);
  json.at("items").get_to(order.items);
}

Request sent(std::string_view body, std::string_view type = "application/json") {
  return testing::RequestBuilder("POST", "/").header("Content-Type", type).body(body).build();
}

template <class Read>
std::string told(const Read& read) {
  try {
    read();
  } catch (const HttpError& error) { return std::to_string(code(error.status())) + " " + error.what(); }
  return "nothing";
}

std::string told_of(std::string_view body) {
  return told([&] { (void)sent(body).json(); });
}
std::string told_of_order(std::string_view body) {
  return told([&] { (void)sent(body).json<Order>(); });
}

}  // namespace

TEST_CASE("JSON is read where the request says that it is JSON") {
  CHECK(sent(R"({"a": [1, "x"]})").json() == nlohmann::json{{"a", {1, "x"}}});
  CHECK(sent("1", "Application/JSON; charset=utf-8").json() == 1);
  CHECK(sent("1", "application/problem+json").json() == 1);
  CHECK(told([] { (void)sent("1", "text/plain").json(); }) ==
        "415 The content is of the type \"text/plain\"; expected JSON: \"Content-Type: application/json\".");
  CHECK(told([] { (void)sent("1", "application/x-json").json(); }).starts_with("415 "));
  CHECK(told([] { (void)sent("1", "+json").json(); }).starts_with("415 "));
  CHECK(told([] { (void)testing::RequestBuilder("POST", "/").body("1").build().json(); }).starts_with("415 The content is of no type"));
}

TEST_CASE("malformed JSON is a 400 with the line, the column and what was expected, and nothing of what the client sent") {
  CHECK(told_of("") == "400 The content is empty; expected JSON.");
  const std::string missing = told_of("{\n  \"a\": 1,\n  }\n");
  CHECK(missing.starts_with("400 The content is no JSON: line 3, column 3: "));
  CHECK(missing.ends_with("expected string literal."));
  CHECK(told_of("[1,").starts_with("400 The content is no JSON: line 1, column "));
  const std::string control = told_of("{\"a\": \"<script>\x01\"}");
  CHECK(control.starts_with("400 The content is no JSON: line 1, column 16: "));
  CHECK(control.find("script") == std::string::npos);
  CHECK(told_of("\"\xFF\"").starts_with("400 The content is no JSON: line 1, column 2: invalid string: ill-formed UTF-8 byte"));
  // The client's bytes look like the parser's words.
  CHECK(told_of("{\"a; expected \xAA\": 1}").find('\xAA') == std::string::npos);
  CHECK(told_of("{\"; expected b\": c}").find("expected b") == std::string::npos);
  CHECK(told_of("1e999") == "400 The content is no JSON: it has a number that is too large.");
}

TEST_CASE("the depth and the size of JSON are bounded before it is built") {
  CHECK(told_of(std::string(64, '[') + std::string(64, ']')) == "nothing");
  CHECK(told_of(std::string(65, '[') + std::string(65, ']')) ==
        "400 The content is nested too deep: line 1, column 65 is level 65, and 64 is the most.");
  CHECK(told_of("[\"" + std::string(200, '[') + "\\\"[[\"]") == "nothing");
  CHECK(told_of(std::string(200'000, '[')).starts_with("400 The content is nested too deep"));
  CHECK(told([] { (void)sent("[[1]]").json({.depth = 1}); }).starts_with("400 "));
  CHECK(told([] { (void)sent("[1,2]").json({.bytes = 4}); }) == "413 The content has 5 bytes of JSON, and 4 is the most.");
}

TEST_CASE("JSON becomes a value of the program's, and a 400 names the member that is wrong, wherever it stands") {
  const auto order = sent(R"({"id": 1, "customer": "Ann", "items": [{"name": "a", "count": 2}]})").json<Order>();
  CHECK(order.items.at(0).count == 2);
  CHECK(told_of_order(R"({"id": 1, "customer": 2, "items": []})") ==
        "400 The content has the wrong type \"/customer\": expected string, found number.");
  CHECK(told_of_order(R"({"id": 1, "customer": "x", "items": [{"name": "a", "count": 2}, {"name": 7, "count": 3}]})") ==
        "400 The content has the wrong type \"/items/1/name\": expected string, found number.");
  CHECK(told_of_order(R"({"id": "1", "customer": 2, "items": []})") ==
        "400 The content has the wrong type \"/id\": expected number, found string.");
  CHECK(told_of_order(R"({"id": 1, "customer": "x", "items": [{"name": "a", "count": 2}, {"name": "b"}]})") ==
        "400 The content lacks the member \"count\" of the object \"/items/1\".");
  CHECK(told_of_order(R"({"id": 1})") == "400 The content lacks the member \"customer\" of the object \"at its top\".");
  CHECK(told_of_order(R"({"id": 1, "customer": "x", "items": [3]})") == "400 The content has the wrong type \"/items/0\": found number.");
  CHECK(told_of_order("[]").starts_with("400 The content has the wrong type"));
}

TEST_CASE("a search for the wrong member has an end, also in a document that has too many") {
  std::string items;
  for (int i = 0; i < 20'000; ++i) items += R"({"name": "a", "count": 2},)";
  CHECK(told_of_order(R"({"id": 1, "customer": "x", "items": [)" + items + R"({"name": 1, "count": 2}]})") ==
        "400 The content has the wrong type: expected string, found number.");
}

TEST_CASE("a document that is answered is sent as JSON, whatever bytes its strings hold") {
  Response response = Response::json(nlohmann::json{{"b", 1}, {"a", "x\xFF"}});
  CHECK(response.headers().find("Content-Type") == "application/json");
  CHECK(response.body().text() == "{\"a\":\"x\xEF\xBF\xBD\",\"b\":1}");
  CHECK(Response::json(nlohmann::ordered_json{{"b", 1}, {"a", 2}}).body().text() == R"({"b":1,"a":2})");
  const std::string text = "[1]";
  CHECK(Response::json(text).body().text() == "[1]");
  CHECK(Response::json("[2]").body().text() == "[2]");
}

}  // namespace ropeway::json_content_test
