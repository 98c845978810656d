#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "core/src/http/request_access.hpp"

namespace ropeway {
namespace {

struct Assigned {
  http::RequestHead head;
  Request request;
  bool valid;
  explicit Assigned(std::string_view raw_path) {
    head.raw_path = raw_path;
    valid = RequestAccess::assign(request, head);
  }
};

}  // namespace

TEST_CASE("a request takes over what its head says") {
  http::RequestHead head;
  head.method = Method::other;
  head.version = Version::http_1_0;
  head.method_name = "BREW";
  head.target = "/a%20b?x=1";
  head.raw_path = "/a%20b";
  head.query = "x=1";
  head.host = "example.org";
  head.fields = {{"Host", "example.org:80"}, {"Accept", "*/*"}};
  Request request;
  REQUIRE(RequestAccess::assign(request, head));
  CHECK(request.method() == Method::other);
  CHECK(request.method_name() == "BREW");
  CHECK(request.version() == Version::http_1_0);
  CHECK(request.target() == "/a%20b?x=1");
  CHECK(request.raw_path() == "/a%20b");
  CHECK(request.path() == "/a b");
  CHECK(request.query() == "x=1");
  CHECK(request.host() == "example.org");
  CHECK(request.headers().size() == 2);
  CHECK(request.header("host") == "example.org:80");
  CHECK(request.header("none") == "");
  CHECK(request.body().empty());
}

TEST_CASE("a path without escapes and dots is the raw view itself") {
  const std::string raw = "/static/css/site.v1.css";
  const Assigned assigned(raw);
  REQUIRE(assigned.valid);
  CHECK(assigned.request.path().data() == raw.data());
  CHECK(assigned.request.path() == raw);
}

TEST_CASE("a path that was written anew stays valid when the request moves") {
  Assigned assigned("/a/../%62");
  REQUIRE(assigned.valid);
  const Request moved(std::move(assigned.request));
  CHECK(moved.path() == "/b");
  CHECK(moved.raw_path() == "/a/../%62");
}

TEST_CASE("the other forms of a target have a path too (RFC 9112 §3.2)") {
  CHECK(Assigned("*").request.path() == "*");
  CHECK(Assigned("*").valid);
  CHECK(Assigned("").request.path() == "/");
  CHECK(Assigned("").valid);
}

TEST_CASE("a path that cannot be served is refused, and leaves nothing behind that could be") {
  for (const char* raw :
       {"/..", "/a/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/%00", "/x%", "/%zz", "relative", "**", "*/", "\\", "%2F", "."}) {
    CAPTURE(raw);
    const Assigned assigned(raw);
    CHECK(!assigned.valid);
    CHECK(assigned.request.path().find("..") == std::string_view::npos);
  }
}

TEST_CASE("recycling forgets all values and keeps the memory") {
  http::RequestHead head;
  head.raw_path = "/%41/a-path-that-is-too-long-for-a-small-buffer";
  head.fields.assign(40, {"Name", "value"});
  const HeaderField* const fields = head.fields.data();
  Request request;
  REQUIRE(RequestAccess::assign(request, head));
  CHECK(head.fields.empty());
  const char* const path = request.path().data();
  RequestAccess::append_body(request, std::string(1000, 'b'));
  const char* const body = request.body().data();
  RequestAccess::set_peer(request, "::1", 1);
  RequestAccess::add_param(request, "name", "value");
  RequestAccess::own_text(request) = "text";

  RequestAccess::recycle(request, head);
  CHECK(request.path().empty());
  CHECK(request.raw_path().empty());
  CHECK(request.body().empty());
  CHECK(request.headers().empty());
  CHECK(request.peer_address().empty());
  CHECK(request.peer_port() == 0);
  CHECK(request.param("name").empty());
  CHECK(head.fields.empty());
  CHECK(head.fields.data() == fields);

  head.raw_path = "/%42";
  head.fields.push_back({"Name", "value"});
  REQUIRE(RequestAccess::assign(request, head));
  CHECK(request.path() == "/B");
  CHECK(request.path().data() == path);
  RequestAccess::append_body(request, "new");
  CHECK(request.body() == "new");
  CHECK(request.body().data() == body);
  CHECK(request.headers().begin() == std::span<const HeaderField>(fields, 1).begin());
}

TEST_CASE("memory that has grown large is given back") {
  http::RequestHead head;
  head.raw_path = "/";
  Request request;
  REQUIRE(RequestAccess::assign(request, head));
  RequestAccess::append_body(request, std::string(200'000, 'b'));
  const char* const large = request.body().data();
  RequestAccess::recycle(request, head);
  RequestAccess::append_body(request, "b");  // so short that it stands in the string itself, where its memory was not kept
  CHECK(request.body() == "b");
  CHECK(request.body().data() != large);
}

TEST_CASE("a body is gathered behind what was there") {
  Request request;
  RequestAccess::set_body(request, "first ");
  RequestAccess::append_body(request, "second ");
  RequestAccess::append_body(request, "third");
  CHECK(request.body() == "first second third");
}

TEST_CASE("text that the request owns stays where it is when the request moves") {
  Request request;
  RequestAccess::own_text(request) = "owned";
  const std::string* const text = &RequestAccess::own_text(request);
  Request moved(std::move(request));
  CHECK(&RequestAccess::own_text(moved) == text);
}

}  // namespace ropeway
