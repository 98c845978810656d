#include "core/src/shared/segment.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ropeway::shared {
namespace {

constexpr Sizes sizes{.counters = 16, .rate_limits = 1024};

TEST_CASE("another program takes the memory over with all that is in it") {
  Segment segment(sizes);
  segment.counters().find_or_add("visits")->store(7);
  const auto taken_over = Segment::take_over(::dup(segment.descriptor()), ::dup(segment.bell()), sizes);
  REQUIRE(taken_over != nullptr);
  CHECK(taken_over->counters().find_or_add("visits")->load() == 7);
  CHECK(taken_over->secret().low == segment.secret().low);
}

TEST_CASE("memory of other sizes or another layout is not taken over") {
  Segment segment(sizes);
  CHECK(Segment::take_over(::dup(segment.descriptor()), ::dup(segment.bell()), {.counters = 17, .rate_limits = 1024}) == nullptr);
  CHECK(Segment::take_over(::dup(segment.descriptor()), ::dup(segment.bell()), {.counters = 16, .rate_limits = 1025}) == nullptr);
  CHECK(Segment::take_over(-1, -1, sizes) == nullptr);
  CHECK(Segment::take_over(::open("/dev/null", O_RDWR | O_CLOEXEC), ::dup(segment.bell()), sizes) == nullptr);
  const std::uint64_t other = 1;
  REQUIRE(::pwrite(segment.descriptor(), &other, sizeof other, 0) == sizeof other);
  CHECK(Segment::take_over(::dup(segment.descriptor()), ::dup(segment.bell()), sizes) == nullptr);
}

TEST_CASE("memory that is not used takes none, and nobody can make it shorter") {
  const Segment segment({.counters = 1'000'000, .rate_limits = 1'000'000});
  struct stat status{};
  REQUIRE(::fstat(segment.descriptor(), &status) == 0);
  CHECK(status.st_size > 100'000'000);
  CHECK(status.st_blocks * 512 <= 64 * 1024);
  CHECK(::ftruncate(segment.descriptor(), 4096) != 0);
}

}  // namespace
}  // namespace ropeway::shared
