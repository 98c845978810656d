#include <ropeway/content_coding.hpp>

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "tests/support/encoded.hpp"

namespace ropeway {
namespace {

using testing::encoded;
using testing::prose;

constexpr std::array codings{ContentCoding::gzip, ContentCoding::br, ContentCoding::zstd};

// Decodes all of `bytes`, given in pieces of `step`, into rooms of `room` bytes; "..." at the end says that more would be needed.
std::string decoded(ContentCoding coding, std::string_view bytes, std::size_t step, std::size_t room) {
  const auto decoder = make_decoder(coding);
  std::string text;
  std::string space(room, '\0');
  while (true) {
    std::string_view input = bytes.substr(0, step);
    bytes.remove_prefix(input.size());
    for (std::size_t size = room; size == room;) {
      size = decoder->decode(input, space);
      REQUIRE(size <= room);
      text.append(space, 0, size);
    }
    REQUIRE(input.empty());
    if (bytes.empty()) return decoder->complete() ? text : text + "...";
  }
}

}  // namespace

TEST_CASE("what was encoded is decoded again, however it is cut (RFC 1952, RFC 7932, RFC 8878)") {
  for (const ContentCoding coding : codings) {
    CAPTURE(to_string(coding));
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{300'000}}) {
      const std::string text = prose(size);
      const std::string bytes = encoded(coding, text);
      CHECK(decoded(coding, bytes, bytes.size(), 64 * 1024) == text);
      CHECK(decoded(coding, bytes, 1, 64 * 1024) == text);
      CHECK(decoded(coding, bytes, 13, 7) == text);
    }
  }
}

TEST_CASE("several gzip members or zstd frames are one content; behind Brotli's end nothing may follow") {
  for (const ContentCoding coding : {ContentCoding::gzip, ContentCoding::zstd}) {
    const std::string bytes = encoded(coding, "one ") + encoded(coding, "") + encoded(coding, "two");
    for (const std::size_t step : {bytes.size(), std::size_t{1}}) CHECK(decoded(coding, bytes, step, 3) == "one two");
  }
  const std::string twice = encoded(ContentCoding::br, "one") + encoded(ContentCoding::br, "two");
  for (const std::size_t step : {twice.size(), std::size_t{1}}) {
    CHECK_THROWS_AS((void)decoded(ContentCoding::br, twice, step, 100), MalformedContent);
  }
}

TEST_CASE("content that ends early is not complete, and what is no such content is refused") {
  for (const ContentCoding coding : codings) {
    CAPTURE(to_string(coding));
    const std::string bytes = encoded(coding, prose(5000));
    for (const std::size_t size : {std::size_t{1}, bytes.size() / 2, bytes.size() - 1}) {
      CHECK(decoded(coding, bytes.substr(0, size), size, 1000).ends_with("..."));
    }
    CHECK_THROWS_AS((void)decoded(coding, "\xff\xff\xff\xff this is plain text", 1000, 1000), MalformedContent);
  }
  std::string damaged = encoded(ContentCoding::gzip, prose(5000));
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);  // in the checksum
  CHECK_THROWS_AS((void)decoded(ContentCoding::gzip, damaged, damaged.size(), 10'000), MalformedContent);
  CHECK_THROWS_AS((void)decoded(ContentCoding::gzip, encoded(ContentCoding::gzip, "a") + "garbage behind it", 100, 100), MalformedContent);
}

TEST_CASE("frames of Zstandard that RFC 8878 does not know are refused, skippable ones are skipped") {
  const std::string skippable("\x51\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
  const std::string bytes = skippable + encoded(ContentCoding::zstd, "text") + skippable;
  const std::string old("\x25\xb5\x2f\xfd\x00\x01\x00\xfe\xff\xff\xe7\x00\x17\x00\x5e\xae\x08", 17);
  for (const std::size_t step : {bytes.size(), std::size_t{1}, std::size_t{3}}) {
    CHECK(decoded(ContentCoding::zstd, bytes, step, 100) == "text");
    CHECK_THROWS_AS((void)decoded(ContentCoding::zstd, old, step, 100), MalformedContent);
    CHECK_THROWS_AS((void)decoded(ContentCoding::zstd, bytes + old, step, 100), MalformedContent);
  }
}

TEST_CASE("a Zstandard window of more than 8 MB is refused (RFC 9659 §3)") {
  // Magic number, a frame header without single segment, and a window descriptor: exponent 13 is 8 MB, 14 is 16 MB; then an empty last block.
  const auto frame = [](int exponent) {
    return std::string("\x28\xb5\x2f\xfd\x00", 5) + static_cast<char>(exponent << 3) + std::string("\x01\x00\x00", 3);
  };
  CHECK(decoded(ContentCoding::zstd, frame(13), 100, 100).empty());
  CHECK_THROWS_AS((void)decoded(ContentCoding::zstd, frame(14), 100, 100), MalformedContent);
}

TEST_CASE("a decoder gives no more than there is room for, whatever the content would become") {
  const std::string zeros(50'000'000, '\0');
  for (const ContentCoding coding : codings) {
    const std::string bomb = encoded(coding, zeros);
    CHECK(bomb.size() < 300'000);
    const auto decoder = make_decoder(coding);
    std::array<char, 1000> room;
    std::string_view input = bomb;
    for (int i = 0; i < 100; ++i) REQUIRE(decoder->decode(input, room) == room.size());
    CHECK_FALSE(decoder->complete());
  }
}

}  // namespace ropeway
