#include "core/src/shared/key.hpp"

#include <doctest/doctest.h>

#include <string>

namespace ropeway::shared {

// The reference's key is 00 01 .. 0f, and its texts are 00 01 02 and so on; here a zero byte stands between scope and name, so the texts
// that begin with it are those whose scope is empty.
TEST_CASE("the hash is SipHash-2-4 with 128 bits") {
  const Secret secret{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
  const Key one = key_of(secret, "", "");  // 00
  CHECK(one.low == 0x44af996bd8c187daU);
  CHECK(one.high == 0x45fc229b11597634U);
  const Key eight = key_of(secret, "", "\x01\x02\x03\x04\x05\x06\x07");
  CHECK(eight.low == 0x61f55862baa9623bU);
  CHECK(eight.high == 0xb49714f364e2830fU);
}

TEST_CASE("what stands in a scope and what in a name are told apart") {
  const Secret secret{1, 2};
  CHECK_FALSE(key_of(secret, "ab", "c") == key_of(secret, "a", "bc"));
  CHECK(key_of(secret, "ab", "c") == key_of(secret, "ab", "c"));
  CHECK_FALSE(key_of({1, 3}, "ab", "c") == key_of(secret, "ab", "c"));
}

}  // namespace ropeway::shared
