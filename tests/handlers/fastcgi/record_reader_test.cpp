#include "handlers/fastcgi/record_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/fastcgi_records.hpp"
#include "tests/support/feed.hpp"

namespace ropeway::handlers {
namespace {

using testing::fastcgi_end;
using testing::fastcgi_record;
using Kind = RecordReader::Kind;

// "out<content> err<content> end 0/7", with what belongs to one stream put together.
std::string told(const testing::Pieces& pieces) {
  RecordReader reader;
  std::string output;
  std::string error;
  for (const std::string_view piece : pieces) {
    reader.add(piece);
    for (bool goes_on = true; goes_on;) {
      const RecordReader::Event event = reader.next();
      switch (event.kind) {
        case Kind::output:
          CHECK_FALSE(event.data.empty());
          output += event.data;
          break;
        case Kind::error:
          CHECK_FALSE(event.data.empty());
          error += event.data;
          break;
        case Kind::need_input: goes_on = false; break;
        case Kind::end:
          CHECK(reader.next().kind == Kind::end);
          return "out<" + output + "> err<" + error + "> end " + std::to_string(static_cast<int>(reader.outcome())) + "/" +
                 std::to_string(reader.application_status());
        case Kind::malformed: CHECK(reader.next().kind == Kind::malformed); return "malformed: " + std::string(reader.mistake());
      }
    }
  }
  return "out<" + output + "> err<" + error + ">";
}

// The same however it is cut.
std::string read(const std::string& bytes) {
  const std::string expected = told({bytes});
  testing::feed_in_every_way(bytes, [&](const testing::Pieces& pieces) { CHECK(told(pieces) == expected); });
  return expected;
}

}  // namespace

TEST_CASE("records of a responder become events, however they are cut") {
  struct Row {
    std::string bytes;
    std::string expected;
  };
  const std::vector<Row> rows{
      {"", "out<> err<>"},
      {fastcgi_record(6, "hello"), "out<hello> err<>"},
      {fastcgi_record(6, "hello", 3) + fastcgi_record(6, " you", 255) + fastcgi_end(0), "out<hello you> err<> end 0/0"},
      {fastcgi_record(7, "warn") + fastcgi_record(6, "a") + fastcgi_record(7, "ing") + fastcgi_end(0), "out<a> err<warning> end 0/0"},
      {fastcgi_record(6, "a") + fastcgi_record(6, "") + fastcgi_record(7, "") + fastcgi_end(0), "out<a> err<> end 0/0"},
      {fastcgi_record(6, std::string(70, 'x'), 2) + fastcgi_end(0, 255), "out<" + std::string(70, 'x') + "> err<> end 0/255"},
      {fastcgi_end(1), "out<> err<> end 1/0"},
      {fastcgi_end(2), "out<> err<> end 2/0"},
      {fastcgi_end(3, 0x01020304), "out<> err<> end 3/16909060"},
      {fastcgi_record(11, "\x63unknown", 1, 0) + fastcgi_record(10, "", 0, 0) + fastcgi_record(6, "a"), "out<a> err<>"},
      // none
      {"HTTP/1.1 200 OK\r\n\r\n", "malformed: a record has another version than 1"},
      {fastcgi_record(6, "a", 0, 2), "malformed: a record belongs to a request that was not made"},
      {fastcgi_record(6, "a", 0, 0), "malformed: a record belongs to a request that was not made"},
      {fastcgi_record(6, "a", 0, 257), "malformed: a record belongs to a request that was not made"},
      {fastcgi_record(5, "a"), "malformed: a record is of a type that a responder does not send"},
      {fastcgi_record(12, "a"), "malformed: a record is of a type that a responder does not send"},
      {fastcgi_record(3, "1234567"), "malformed: an FCGI_END_REQUEST record is not 8 bytes long"},
      {fastcgi_record(3, "123456789"), "malformed: an FCGI_END_REQUEST record is not 8 bytes long"},
      {fastcgi_end(4), "malformed: an FCGI_END_REQUEST record has an unknown protocolStatus"},
      {fastcgi_record(6, "") + fastcgi_record(6, "a"), "malformed: a stream goes on behind its end"},
      {fastcgi_record(7, "") + fastcgi_record(7, "a"), "malformed: a stream goes on behind its end"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(read(row.bytes) == row.expected);
  }
}

TEST_CASE("the end is not told before its padding has come, and what comes behind it is noticed") {
  const std::string end = fastcgi_record(3, std::string(8, '\0'), 5);
  RecordReader reader;
  reader.add(std::string_view(end).substr(0, end.size() - 1));
  CHECK(reader.next().kind == Kind::need_input);
  reader.add(std::string_view(end).substr(end.size() - 1));
  CHECK(reader.next().kind == Kind::end);
  CHECK_FALSE(reader.has_rest());

  RecordReader followed;
  const std::string more = end + "x";
  followed.add(more);
  CHECK(followed.next().kind == Kind::end);
  CHECK(followed.has_rest());
}

}  // namespace ropeway::handlers
