#include <doctest/doctest.h>

#include <deque>
#include <stdexcept>
#include <string>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <ropeway/request.hpp>

#include "tests/core/http/sample_request.hpp"

namespace ropeway {
namespace {

using http::sample_request;

// Gives its pieces one after another, each in memory that the next one takes; then the end, or an exception.
class Pieces final : public BodyReader {
 public:
  Pieces(std::deque<std::string> pieces, bool fails = false) : pieces_(std::move(pieces)), fails_(fails) {}
  awaitable<std::string_view> read() override {
    ++reads;
    if (pieces_.empty() && fails_) throw std::runtime_error("refused");
    current_ = pieces_.empty() ? std::string() : pieces_.front();
    if (!pieces_.empty()) pieces_.pop_front();
    co_return current_;
  }
  int reads = 0;

 private:
  std::deque<std::string> pieces_;
  std::string current_;
  bool fails_;
};

std::string read_body(Request& request) {
  asio::io_context context;
  std::string body;
  asio::co_spawn(
      context, [&]() -> awaitable<void> { body = co_await request.read_body(); },
      [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
      });
  context.run();
  return body;
}

}  // namespace

TEST_CASE("values of the query are found by name and decoded") {
  const Request request = sample_request(Method::get, "/p?a=1&b=two+words&b=no&%63=%26%3D&empty=&bare&=nameless&e=a=b&bad=%zz&plus%2B=y");
  struct Row {
    const char* name;
    const char* value;
  };
  for (const Row& row : {Row{"a", "1"},
                         {"b", "two words"},
                         {"c", "&="},
                         {"empty", ""},
                         {"bare", ""},
                         {"", "nameless"},
                         {"e", "a=b"},
                         {"bad", "%zz"},
                         {"plus+", "y"}}) {
    CAPTURE(row.name);
    CHECK(request.query(row.name) == row.value);
  }
  for (const char* name : {"A", "%63", "words", "plus%2B", "nothing"}) {
    CAPTURE(name);
    CHECK(!request.query(name).has_value());
  }
  CHECK(request.path() == "/p");
  CHECK(!sample_request(Method::get, "/?").query("a").has_value());
  CHECK(!sample_request(Method::get, "/?&&&").query("").has_value());
  CHECK(!sample_request(Method::get, "/").query("").has_value());
}

TEST_CASE("path parameters are found by name") {
  Request request = sample_request(Method::get, "/users/7");
  RequestAccess::add_param(request, "id", "7");
  RequestAccess::add_param(request, "rest", "");
  CHECK(request.param("id") == "7");
  CHECK(request.param("rest") == "");
  CHECK(request.param("none") == "");
  RequestAccess::set_param_count(request, 1);
  CHECK(RequestAccess::param_count(request) == 1);
  for (int i = 0; i < 40; ++i) RequestAccess::add_param(request, "more", "x");
  CHECK(RequestAccess::param_count(request) == 16);
  RequestAccess::clear_params(request);
  CHECK(request.param("id") == "");
}

TEST_CASE("the peer's address is kept in the request itself") {
  Request request;
  CHECK(request.peer_address() == "");
  {
    const std::string address = "2001:db8::1";
    RequestAccess::set_peer(request, address, 4711);
  }
  const Request moved(std::move(request));
  CHECK(moved.peer_address() == "2001:db8::1");
  CHECK(moved.peer_port() == 4711);
  Request other;
  RequestAccess::set_peer(other, std::string(100, '1'), 1);
  CHECK(other.peer_address().size() == 48);
}

TEST_CASE("read_body gives the whole of a body that arrives in pieces") {
  Request request = sample_request(Method::post, "/");
  Pieces pieces({"one, ", "two, ", std::string(5000, 'x')});
  RequestAccess::set_body_reader(request, &pieces);
  CHECK(request.body_reader() == &pieces);
  const std::string whole = "one, two, " + std::string(5000, 'x');
  CHECK(read_body(request) == whole);
  CHECK(request.body() == whole);
  CHECK(request.body_reader() == nullptr);
  CHECK(read_body(request) == whole);
  CHECK(pieces.reads == 4);
}

TEST_CASE("read_body gives what is there already, and an empty body") {
  Request request = sample_request(Method::post, "/");
  CHECK(read_body(request) == "");
  RequestAccess::set_body(request, "there");
  CHECK(read_body(request) == "there");
  Pieces pieces({" and here"});
  RequestAccess::set_body_reader(request, &pieces);
  CHECK(read_body(request) == "there and here");

  Request empty = sample_request(Method::post, "/");
  Pieces none({});
  RequestAccess::set_body_reader(empty, &none);
  CHECK(read_body(empty) == "");
  CHECK(empty.body_reader() == nullptr);
}

TEST_CASE("read_body throws what its reader throws") {
  Request request = sample_request(Method::post, "/");
  Pieces pieces({"part"}, true);
  RequestAccess::set_body_reader(request, &pieces);
  CHECK_THROWS_AS(read_body(request), std::runtime_error);
}

}  // namespace ropeway
