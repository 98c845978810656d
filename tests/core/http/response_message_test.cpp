#include "core/src/http/response_message.hpp"

#include <doctest/doctest.h>

#include <ropeway/http_error.hpp>

namespace ropeway::http {

using State = ResponseHeadReader::State;

TEST_CASE("the head of a response is the same again, however it is cut") {
  Response sent = Response(Status::created).header("X-A", "1").header("Content-Type", "text/plain");
  sent.headers().add("Set-Cookie", "a=b");
  sent.headers().add("Set-Cookie", "");
  const std::string message = pack_response_head(sent) + "content";
  for (std::size_t cut = 0; cut < message.size(); ++cut) {
    CAPTURE(cut);
    ResponseHeadReader reader;
    State state = reader.add(message.substr(0, cut));
    std::string rest = message.substr(cut);
    if (state == State::incomplete) {
      state = reader.add(rest);
      rest.clear();
    }
    REQUIRE(state == State::complete);
    const Response response = reader.take_response();
    CHECK(response.status() == Status::created);
    CHECK(response.headers().wire() == sent.headers().wire());
    CHECK(reader.take_rest() + rest == "content");
  }
}

TEST_CASE("what a broken handler writes is no response") {
  const std::string good = pack_response_head(Response(Status::ok).header("A", "b"));
  std::string bad_status = good;
  bad_status[4] = 1;
  bad_status[5] = 0;
  std::string huge = good;
  huge[11] = 0x7f;
  std::string no_line_end = good;
  no_line_end.back() = 'x';
  std::string no_name = good;
  no_name[12] = ' ';
  for (const std::string& message : {std::string("HTTP/1.1 200 OK\r\n\r\n"), bad_status, huge, no_line_end, no_name}) {
    ResponseHeadReader reader;
    CHECK(reader.add(message) == State::malformed);
  }
}

}  // namespace ropeway::http
