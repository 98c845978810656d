#include "core/src/shared/key.hpp"

#include <bit>
#include <cstddef>

namespace ropeway::shared {
namespace {

class SipHash {
 public:
  explicit SipHash(const Secret& secret) noexcept
      : a_(secret.low ^ 0x736f6d6570736575U),
        b_(secret.high ^ 0x646f72616e646f6dU ^ 0xeeU),
        c_(secret.low ^ 0x6c7967656e657261U),
        d_(secret.high ^ 0x7465646279746573U) {}

  void add(std::string_view bytes) noexcept {
    for (const char byte : bytes) {
      word_ |= std::uint64_t{static_cast<unsigned char>(byte)} << (8 * (size_ % 8));
      if (++size_ % 8 == 0) take();
    }
  }

  [[nodiscard]] Key finish() noexcept {
    word_ |= static_cast<std::uint64_t>(size_) << 56U;
    take();
    Key key;
    c_ ^= 0xeeU;
    rounds(4);
    key.low = a_ ^ b_ ^ c_ ^ d_;
    b_ ^= 0xddU;
    rounds(4);
    key.high = a_ ^ b_ ^ c_ ^ d_;
    return key;
  }

 private:
  void take() noexcept {
    d_ ^= word_;
    rounds(2);
    a_ ^= word_;
    word_ = 0;
  }
  void rounds(int count) noexcept {
    for (; count > 0; --count) {
      a_ += b_;
      c_ += d_;
      b_ = std::rotl(b_, 13) ^ a_;
      d_ = std::rotl(d_, 16) ^ c_;
      a_ = std::rotl(a_, 32);
      c_ += b_;
      a_ += d_;
      b_ = std::rotl(b_, 17) ^ c_;
      d_ = std::rotl(d_, 21) ^ a_;
      c_ = std::rotl(c_, 32);
    }
  }

  std::uint64_t a_, b_, c_, d_;
  std::uint64_t word_ = 0;  // its lower bytes: what has come and makes no whole word yet
  std::size_t size_ = 0;
};

}  // namespace

Key key_of(const Secret& secret, std::string_view scope, std::string_view name) noexcept {
  SipHash hash(secret);
  hash.add(scope);
  hash.add(std::string_view("\0", 1));
  hash.add(name);
  return hash.finish();
}

}  // namespace ropeway::shared
