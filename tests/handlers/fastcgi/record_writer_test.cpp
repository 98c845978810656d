#include "handlers/fastcgi/record_writer.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fastcgi_records.hpp"

namespace ropeway::handlers {
namespace {

testing::FastCgiRequest read_back(const std::string& bytes) {
  std::size_t at = 0;
  const testing::FastCgiRequest request = testing::read_fastcgi_request([&](std::size_t count) {
    REQUIRE(at + count <= bytes.size());
    at += count;
    return bytes.substr(at - count, count);
  });
  CHECK(at == bytes.size());
  return request;
}

}  // namespace

TEST_CASE("a request without variables and content is these bytes") {
  std::string bytes;
  RecordWriter::begin(bytes, false);
  RecordWriter::params(bytes, {});
  RecordWriter::content(bytes, "");
  RecordWriter::end_of_content(bytes);
  const std::string begin("\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", 16);
  CHECK(bytes == begin + std::string("\x01\x04\x00\x01\x00\x00\x00\x00", 8) + std::string("\x01\x05\x00\x01\x00\x00\x00\x00", 8));
}

TEST_CASE("variables and content of all lengths come back as they were") {
  for (const std::size_t size : {0UL, 1UL, 7UL, 8UL, 127UL, 128UL, 255UL, 256UL, 32'767UL, 32'768UL, 32'769UL, 65'536UL, 200'000UL}) {
    CAPTURE(size);
    const MetaVariables variables{{"A", std::string(size, 'a')}, {std::string(size, 'n'), "value"}, {"Z", ""}};
    const std::string content(size, 'c');
    std::string bytes;
    RecordWriter::begin(bytes, true);
    RecordWriter::params(bytes, variables);
    RecordWriter::content(bytes, content);
    RecordWriter::end_of_content(bytes);
    const testing::FastCgiRequest request = read_back(bytes);
    CHECK(request.role == 1);
    CHECK(request.keep);
    CHECK(request.params.size() == variables.size());
    for (const auto& [name, value] : variables) CHECK(request.params.at(name) == value);
    CHECK(request.content == content);
  }
}

TEST_CASE("a variable that fits in one record is not cut over two") {
  MetaVariables variables;
  for (int i = 0; i < 100; ++i) variables["V" + std::to_string(100 + i)] = std::string(1000, 'v');
  std::string bytes;
  RecordWriter::params(bytes, variables);
  std::size_t count = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto byte = [&](std::size_t index) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at + index])); };
    const std::size_t size = byte(4) * 256 + byte(5);
    CHECK(size <= RecordWriter::most_record);
    // name of 4, value of 1000: 1 + 4 + 4 + 1000 bytes
    CHECK(size % 1009 == 0);
    count += size / 1009;
    at += 8 + size + byte(6);
  }
  CHECK(count == 100);
}

}  // namespace ropeway::handlers
