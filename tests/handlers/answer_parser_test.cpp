#include "handlers/answer_parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace ropeway::handlers {
namespace {

using State = AnswerParser::State;

// "200 Content-Type: text/plain|content", "local /path", "incomplete" or "malformed: why".
std::string told(AnswerParser& parser, State state, const std::string& further) {
  if (state == State::incomplete) return "incomplete";
  if (state == State::malformed) return "malformed: " + std::string(parser.mistake());
  if (!parser.local().empty()) return "local " + parser.local();
  const Response response = parser.take_response();
  std::string text = std::to_string(code(response.status()));
  for (std::size_t i = 0; i < response.headers().size(); ++i) {
    const HeaderField field = response.headers()[i];
    text += " " + std::string(field.name) + ": " + std::string(field.value);
  }
  return text + "|" + parser.take_rest() + further;
}

// The same however it is cut in two, and byte by byte.
std::string parsed(const std::string& answer) {
  AnswerParser whole;
  const State state = whole.add(answer);
  std::string expected = told(whole, state, "");
  for (std::size_t cut = 0; cut <= answer.size(); ++cut) {
    AnswerParser parser;
    State now = parser.add(answer.substr(0, cut));
    std::string rest = answer.substr(cut);
    if (now == State::incomplete) {
      now = parser.add(rest);
      rest.clear();
    }
    CAPTURE(cut);
    CHECK(told(parser, now, rest) == expected);
  }
  AnswerParser parser;
  State now = State::incomplete;
  std::size_t at = 0;
  while (now == State::incomplete && at < answer.size()) now = parser.add(answer.substr(at++, 1));
  CHECK(told(parser, now, now == State::complete ? answer.substr(at) : "") == expected);
  return expected;
}

}  // namespace

TEST_CASE("a script's answer is read by RFC 3875, however it is cut") {
  struct Row {
    std::string answer;
    std::string expected;
  };
  const std::vector<Row> rows{
      {"", "incomplete"},
      {"Content-Type: text/plain\n", "incomplete"},
      {"Content-Type: text/plain\n\n", "200 Content-Type: text/plain|"},
      {"Content-Type: text/plain\r\n\r\nbody\n\nmore", "200 Content-Type: text/plain|body\n\nmore"},
      {"Content-Type: text/plain\r\n\nmixed", "200 Content-Type: text/plain|mixed"},
      {"content-type:a/b\nX-Own:  two words \t\n\n", "200 content-type: a/b X-Own: two words|"},
      {"Status: 404 Not Found\nContent-Type: a/b\n\nx", "404 Content-Type: a/b|x"},
      {"Content-Type: a/b\nStatus: 503\n\n", "503 Content-Type: a/b|"},
      {"Status: 204 No Content\n\n", "204|"},
      {"Set-Cookie: a=1\nSet-Cookie: b=2\nContent-Type: a/b\n\n", "200 Set-Cookie: a=1 Set-Cookie: b=2 Content-Type: a/b|"},
      {"Connection: close\nTransfer-Encoding: chunked\nContent-Type: a/b\n\n", "200 Content-Type: a/b|"},
      // redirects (§6.2.2 to §6.2.4)
      {"Location: /path?query\n\n", "local /path?query"},
      {"Location: http://example.org/\n\n", "302 Location: http://example.org/|"},
      {"Location: //example.org/\n\n", "302 Location: //example.org/|"},
      {"Status: 301 Moved\nLocation: http://example.org/\nContent-Type: a/b\n\nx", "301 Location: http://example.org/ Content-Type: a/b|x"},
      {"Status: 303\nLocation: /path\n\n", "303 Location: /path|"},
      {"Set-Cookie: a=1\nLocation: /path\n\n", "302 Set-Cookie: a=1 Location: /path|"},
      // none
      {"\n", "malformed: it has no Content-Type, Location or Status"},
      {"X-Own: 1\n\nbody", "malformed: it has no Content-Type, Location or Status"},
      {"no field\n\n", "malformed: a line of its header is no field"},
      {"<html>\n", "malformed: a line of its header is no field"},
      {": no name\n\n", "malformed: a line of its header is no field"},
      {"A name: x\n\n", "malformed: a line of its header is no field"},
      {"Name : x\n\n", "malformed: a line of its header is no field"},
      {"X: a\rb\n\n", "malformed: a line of its header is no field"},
      {"X: a\n folded\n\n", "malformed: a line of its header is no field"},
      {std::string("X: a\0b\n\n", 8), "malformed: a line of its header is no field"},
      {"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\n",
       "malformed: it begins with a status line: scripts with headers that are not parsed (nph) are not supported"},
      {"Status: 2000\n\n", "malformed: its Status is no number from 200 to 599"},
      {"Status: 20\n\n", "malformed: its Status is no number from 200 to 599"},
      {"Status: 101 Switching\n\n", "malformed: its Status is no number from 200 to 599"},
      {"Status: 600\n\n", "malformed: its Status is no number from 200 to 599"},
      {"Status: OK\n\n", "malformed: its Status is no number from 200 to 599"},
      {"Status:\n\n", "malformed: its Status is no number from 200 to 599"},
      {"Status: 200\nStatus: 200\n\n", "malformed: Status is there twice"},
      {"Content-Type: a/b\nContent-Type: a/b\n\n", "malformed: Content-Type or Location is there twice"},
      {"Location:\n\n", "malformed: its Location is empty"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.answer);
    CHECK(parsed(row.answer) == row.expected);
  }
}

TEST_CASE("the header of an answer is bounded in bytes and in fields") {
  AnswerParser endless;
  State state = State::incomplete;
  std::size_t given = 0;
  for (; state == State::incomplete && given < 1'000'000; given += 1000) state = endless.add(std::string(1000, 'x'));
  CHECK(state == State::malformed);
  CHECK(given <= AnswerParser::most_bytes + 1000);

  std::string many = "Content-Type: a/b\n";
  for (std::size_t i = 1; i < AnswerParser::most_fields; ++i) many += "X: y\n";
  AnswerParser enough;
  CHECK(enough.add(many + "\n") == State::complete);
  AnswerParser too_many;
  CHECK(too_many.add(many + "X: y\n\n") == State::malformed);
  CHECK(too_many.mistake() == "its header has more than 200 fields");

  // Content is no part of it, however large.
  AnswerParser large;
  CHECK(large.add("Content-Type: a/b\n\n" + std::string(1'000'000, 'c')) == State::complete);
  CHECK(large.take_rest().size() == 1'000'000);
}

}  // namespace ropeway::handlers
