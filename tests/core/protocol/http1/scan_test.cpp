#include "core/src/protocol/http1/scan.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace ropeway::protocol::http1;

using Scan = const char* (*)(const char*, const char*) noexcept;

// Each byte at each place of a run of each length that words and their ends can make.
void check_against_table(Scan scan, const scan::ByteSet& allowed) {
  int wrong = 0;
  for (std::size_t length = 1; length <= 40; ++length) {
    for (std::size_t place = 0; place < length; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(length, 'a');
        text[place] = static_cast<char>(byte);
        const char* const end = text.data() + length;
        const char* const expected = allowed[static_cast<unsigned char>(byte)] ? end : text.data() + place;
        if (scan(text.data(), end) != expected) ++wrong;
      }
    }
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("a scan ends at the first byte that its table refuses, wherever it stands") {
  check_against_table(&scan::token, scan::token_bytes);
  check_against_table(&scan::target, scan::target_bytes);
  check_against_table(&scan::value, scan::value_bytes);
}

TEST_CASE("the tables hold what the grammar says") {
  CHECK_FALSE(scan::token_bytes[':']);
  CHECK_FALSE(scan::token_bytes[' ']);
  CHECK_FALSE(scan::token_bytes[0x80]);
  CHECK(scan::token_bytes['~']);
  CHECK_FALSE(scan::target_bytes['#']);
  CHECK_FALSE(scan::target_bytes[' ']);
  CHECK_FALSE(scan::target_bytes[0x7f]);
  CHECK_FALSE(scan::target_bytes[0x80]);
  CHECK(scan::value_bytes['\t']);
  CHECK(scan::value_bytes[0xff]);
  CHECK_FALSE(scan::value_bytes['\r']);
  CHECK_FALSE(scan::value_bytes['\n']);
  CHECK_FALSE(scan::value_bytes[0]);
  CHECK_FALSE(scan::value_bytes[0x7f]);
}
