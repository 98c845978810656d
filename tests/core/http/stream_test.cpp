// Messages out of a stream, however its bytes are split.

#include <doctest/doctest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ropeway/http_error.hpp>
#include <ropeway/stream.hpp>
#include <ropeway/testing/scripted_stream.hpp>

namespace stream_test {

using namespace ropeway;

namespace {

using Conversation = std::function<awaitable<void>(Stream&)>;

class Handler final : public StreamHandler {
 public:
  explicit Handler(Conversation conversation) : conversation_(std::move(conversation)) {}
  awaitable<void> handle(Stream& stream) const override { return conversation_(stream); }

 private:
  Conversation conversation_;
};

std::string talk(std::vector<std::string> pieces, Conversation conversation) {
  return testing::talk(Handler(std::move(conversation)), std::move(pieces));
}

awaitable<void> show_lines(Stream& stream) {
  while (auto line = co_await stream.read_line(10)) {
    *line = "[" + *line + "]";
    co_await stream.write(*line);
  }
}

std::vector<std::string> bytes_of(const std::string& text) {
  std::vector<std::string> result;
  for (const char byte : text) result.emplace_back(1, byte);
  return result;
}

}  // namespace

TEST_CASE("lines are the same however the bytes are split") {
  const std::string text = "one\r\n\ntwo\n\r\n a\rb \n";
  const std::string expected = "[one][][two][][ a\rb ]";
  CHECK(talk({text}, show_lines) == expected);
  CHECK(talk(bytes_of(text), show_lines) == expected);
  for (std::size_t at = 1; at < text.size(); ++at) {
    CAPTURE(at);
    CHECK(talk({text.substr(0, at), text.substr(at)}, show_lines) == expected);
  }
  CHECK(talk({}, show_lines).empty());
}

TEST_CASE("a line may be as long as was said, and no longer") {
  for (const bool whole : {true, false}) {
    const auto pieces = [&](const std::string& text) { return whole ? std::vector<std::string>{text} : bytes_of(text); };
    CHECK(talk(pieces("0123456789\nx\n"), show_lines) == "[0123456789][x]");
    CHECK_THROWS_AS((void)talk(pieces("0123456789a\n"), show_lines), MessageTooLong);
    CHECK_THROWS_AS((void)talk(pieces("x\n0123456789abcdefghijkl"), show_lines), MessageTooLong);
  }
}

TEST_CASE("a client that goes within a line is lost") {
  CHECK_THROWS_AS((void)talk({"whole\nhal"}, show_lines), ConnectionLost);
  CHECK_THROWS_AS((void)talk({"h"}, show_lines), ConnectionLost);
}

TEST_CASE("a delimiter of several bytes is found where it is cut in two, and its beginning alone is none") {
  const auto show = [](Stream& stream) -> awaitable<void> {
    while (auto part = co_await stream.read_until("--", 100)) {
      *part += "|";
      co_await stream.write(*part);
    }
  };
  for (std::size_t at = 0; at <= 10; ++at) {
    CAPTURE(at);
    const std::string text = "a-b--c----";
    CHECK(talk({text.substr(0, at), text.substr(at)}, show) == "a-b|c||");
  }
}

TEST_CASE("what stands behind a line is read as bytes, and the other way round") {
  const auto mixed = [](Stream& stream) -> awaitable<void> {
    const auto head = co_await stream.read_line();
    std::string body(static_cast<std::size_t>(std::stoi(*head)), '\0');
    for (std::size_t at = 0; at < body.size();) at += co_await stream.read_some(std::span(body).subspan(at));
    co_await stream.write(body);
    const auto tail = co_await stream.read_line();
    co_await stream.write(*tail);
    const bool more = co_await stream.wait_for_input();
    co_await stream.write(more ? " more" : " end");
  };
  const std::string text = "5\r\nab\ncdtail\n";
  CHECK(talk({text}, mixed) == "ab\ncdtail end");
  CHECK(talk(bytes_of(text), mixed) == "ab\ncdtail end");
  CHECK(talk({text, "!"}, mixed) == "ab\ncdtail more");
}

TEST_CASE("what a handler throws reaches the test, and nothing is written behind the end") {
  const auto fails = [](Stream& stream) -> awaitable<void> {
    co_await stream.write("x");
    throw std::runtime_error("as agreed");
  };
  CHECK_THROWS_WITH((void)talk({}, fails), "as agreed");
  const auto goes_on = [](Stream& stream) -> awaitable<void> {
    stream.end_output();
    co_await stream.write("x");
  };
  CHECK_THROWS_AS((void)talk({}, goes_on), std::logic_error);
}

}  // namespace stream_test
