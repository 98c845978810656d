#include "handlers/error_pages/error_pages.hpp"

#include <doctest/doctest.h>

#include <functional>

#include <ropeway/http_error.hpp>
#include <ropeway/testing/call.hpp>

#include "tests/support/temporary_folder.hpp"

namespace ropeway::handlers::error_pages_test {
namespace {

struct Answer final : Handler {
  explicit Answer(std::function<Response()> make) : make_(std::move(make)) {}
  Response handle(const Request&) const override { return make_(); }
  std::function<Response()> make_;
};

Response ask(const std::string& options, std::function<Response()> make,
             const testing::RequestBuilder& request = testing::RequestBuilder("GET", "/")) {
  const ErrorPages middleware(ConfigNode::from_json(options, ErrorPages::settings()));
  return testing::call(middleware, Answer(std::move(make)), request);
}

std::string mistake(const std::string& options) {
  try {
    const ErrorPages middleware(ConfigNode::from_json(options, ErrorPages::settings()));
  } catch (const ConfigError& error) { return error.pointer() + ": " + error.what(); }
  return "(none)";
}

constexpr const char* texts = R"({"texts": {"404": "<h1>Not here</h1>", "5xx": "<h1>{status} {reason}</h1>{status}"}})";

}  // namespace

TEST_CASE("the short texts of errors make room for pages, and status and fields stay") {
  const Response missing = ask(texts, [] { return Response::error(Status::not_found, "No such thing."); });
  CHECK(missing.status() == Status::not_found);
  CHECK(missing.headers().find("Content-Type") == "text/html; charset=utf-8");
  CHECK(missing.body().text() == "<h1>Not here</h1>");
  const Response busy = ask(texts, [] { return Response::error(Status::service_unavailable).header("Retry-After", "7"); });
  CHECK(busy.status() == Status::service_unavailable);
  CHECK(busy.headers().find("Retry-After") == "7");
  CHECK(busy.body().text() == "<h1>503 Service Unavailable</h1>503");
  CHECK(ask(texts, [] { return Response(Status::bad_gateway); }).body().text() == "<h1>502 Bad Gateway</h1>502");
  CHECK(ask(texts, []() -> Response { throw HttpError(Status::not_found, "Gone."); }).body().text() == "<h1>Not here</h1>");
  CHECK(ask(texts, []() -> Response { throw std::runtime_error("a bug"); }).body().text() == "<h1>500 Internal Server Error</h1>500");
}

TEST_CASE("what is no error, has no page, or was made by a handler itself stays as it is") {
  CHECK(ask(texts, [] { return Response::text("fine"); }).body().text() == "fine");
  CHECK(ask(texts, [] { return Response(Status::no_content); }).body().empty());
  CHECK(ask(texts, [] { return Response(Status::not_modified); }).body().empty());
  CHECK(ask(texts, [] { return Response::error(Status::forbidden); }).body().text() == "403 Forbidden\n");
  const auto own = [] { return Response::json(R"({"error": "no such order"})").status(Status::not_found).header("ETag", "\"1\""); };
  const Response kept = ask(texts, own);
  CHECK(kept.body().text() == R"({"error": "no such order"})");
  CHECK(kept.headers().find("Content-Type") == "application/json");
  CHECK(ask(texts, [] { return Response::text("404, my own words").status(Status::not_found); }).body().text() == "404, my own words");
  CHECK(ask(texts, [] { return Response::html("404 Not Found\n").status(Status::not_found); }).body().text() == "404 Not Found\n");
  const Response replaced = ask(R"({"texts": {"404": "page"}, "replace": true})", own);
  CHECK(replaced.body().text() == "page");
  CHECK(replaced.headers().find("Content-Type") == "text/html; charset=utf-8");
  CHECK_FALSE(replaced.headers().contains("ETag"));
}

TEST_CASE("a client that takes no pages gets the short text") {
  const auto missing = [] { return Response::error(Status::not_found); };
  const auto taking = [](const char* types) { return testing::RequestBuilder("GET", "/").header("Accept", types); };
  CHECK(ask(texts, missing, taking("application/json")).body().text() == "404 Not Found\n");
  CHECK(ask(texts, missing, taking("text/html,application/xhtml+xml,*/*;q=0.8")).body().text() == "<h1>Not here</h1>");
  CHECK(ask(texts, missing, taking("*/*")).body().text() == "<h1>Not here</h1>");
}

TEST_CASE("pages are files, too, with the media type of their names; a status goes before its class") {
  const testing::TemporaryFolder folder;
  const std::string page = folder.write("404.json", R"({"status": {status}})");
  const std::string all = folder.write("4xx.html", "all");
  const std::string options = R"({"files": {"404": ")" + page + R"(", "4xx": ")" + all + R"("}})";
  const Response missing = ask(options, [] { return Response::error(Status::not_found); });
  CHECK(missing.body().text() == R"({"status": 404})");
  CHECK(missing.headers().find("Content-Type") == "application/json");
  CHECK(ask(options, [] { return Response::error(Status::gone); }).body().text() == "all");
  CHECK(ask(options, [] { return Response::error(Status::bad_gateway); }).body().text() == "502 Bad Gateway\n");
}

TEST_CASE("pages that cannot be are mistakes with their places") {
  CHECK(mistake("{}") == R"(/files: name pages in "files" or "texts": without any, nothing is replaced)");
  CHECK(mistake(R"({"texts": {"200": ""}})") ==
        R"(/texts/200: "200" is no error's status: expected one from "400" to "599", "4xx" or "5xx")");
  CHECK(mistake(R"({"texts": {"4XX": ""}})") ==
        R"(/texts/4XX: "4XX" is no error's status: expected one from "400" to "599", "4xx" or "5xx")");
  CHECK(mistake(R"({"files": {"404": "/nowhere/404.html"}})") == "/files/404: /nowhere/404.html cannot be read: put the page there");
  const testing::TemporaryFolder folder;
  const std::string page = folder.write("404.html", "");
  CHECK(mistake(R"({"files": {"404": ")" + page + R"("}, "texts": {"404": ""}})") ==
        R"(/texts/404: "404" has a page in both "files" and "texts")");
}

}  // namespace ropeway::handlers::error_pages_test
