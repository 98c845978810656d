#include "core/src/shared/cache_table.hpp"

#include <doctest/doctest.h>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <string>
#include <vector>

#include "tests/core/shared/single_steps.hpp"

namespace ropeway::shared {
namespace {

constexpr std::int64_t for_ever = INT64_MAX;

// A cache in memory that children share.
class Cache {
 public:
  explicit Cache(std::size_t capacity = std::size_t{1} << 20U)
      : bytes_(CacheTable::bytes(capacity) + CacheTable::most_shards * sizeof(RobustMutex)),
        memory_(
            static_cast<std::byte*>(::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))),
        mutexes_(reinterpret_cast<RobustMutex*>(memory_ + CacheTable::bytes(capacity)), CacheTable::most_shards),
        table(memory_, capacity, mutexes_) {
    for (RobustMutex& mutex : mutexes_) mutex.make();
  }
  ~Cache() { ::munmap(memory_, bytes_); }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  bool set(const std::string& name, std::string_view value, std::int64_t until = for_ever) {
    return table.set(key(name), name, value, until, now);
  }
  [[nodiscard]] std::string get(const std::string& name) {
    std::string value;
    return table.get(key(name), name, now, value) ? value : "(none)";
  }
  bool erase(const std::string& name) { return table.erase(key(name), name, now); }
  [[nodiscard]] static Key key(const std::string& name) { return key_of({1, 2}, "cache", name); }

  std::int64_t now = 1000;

 private:
  std::size_t bytes_;
  std::byte* memory_;
  std::span<RobustMutex> mutexes_;

 public:
  CacheTable table;
};

// A value that tells whether it is whole, and whose it is.
std::string value_of(const std::string& name, std::size_t size) {
  std::string value;
  while (value.size() < size) value += name + ",";
  return value;
}

TEST_CASE("a value is there until its time is over, another takes its place, or it is erased") {
  Cache cache;
  CHECK(cache.get("a") == "(none)");
  CHECK(cache.set("a", "1", 2000));
  CHECK(cache.get("a") == "1");
  CHECK(cache.set("a", "a longer value than before", 2000));
  CHECK(cache.get("a") == "a longer value than before");
  cache.now = 1999;
  CHECK(cache.get("a") != "(none)");
  cache.now = 2000;
  CHECK(cache.get("a") == "(none)");
  CHECK_FALSE(cache.erase("a"));
  CHECK(cache.set("b", ""));
  CHECK(cache.get("b").empty());
  CHECK(cache.erase("b"));
  CHECK_FALSE(cache.erase("b"));
  CHECK(cache.get("b") == "(none)");
}

TEST_CASE("what is asked for stays, what nobody asks for makes room") {
  Cache cache;
  cache.set("wanted", value_of("wanted", 1000));
  for (int i = 0; i < 20'000; ++i) {
    cache.set("other " + std::to_string(i), std::string(1000, 'x'));
    REQUIRE(cache.get("wanted") == value_of("wanted", 1000));
  }
  CHECK(cache.get("other 0") == "(none)");
  CHECK(cache.get("other 19999") == std::string(1000, 'x'));
  CHECK(cache.table.totals().evictions > 18'000);
  CHECK(cache.table.totals().bytes <= std::size_t{1} << 20U);
}

TEST_CASE("a value past the largest is not kept, and neither is the one before") {
  Cache cache;
  const std::string largest(cache.table.largest() - 1, 'x');
  CHECK(cache.set("a", largest));
  CHECK(cache.get("a") == largest);
  CHECK_FALSE(cache.set("a", largest + "x"));
  CHECK(cache.get("a") == "(none)");
}

TEST_CASE("whatever is written and erased in whatever sizes, a lookup gives the last value or none") {
  std::mt19937 random(7);
  for (const std::size_t largest : {std::size_t{100}, std::size_t{5000}, std::size_t{250'000}}) {
    CAPTURE(largest);
    Cache cache;
    std::vector<std::string> last(300);
    std::size_t hits = 0;
    for (int step = 0; step < testing::repeats(12'000) && (largest < 100'000 || step < 3'000); ++step) {
      const std::size_t number = random() % last.size();
      const std::string name = "name " + std::to_string(number);
      switch (random() % 4) {
        case 0:
          last[number] = value_of(std::to_string(step), random() % largest);
          REQUIRE(cache.set(name, last[number]));
          break;
        case 1:
          if (random() % 8 == 0) {
            cache.erase(name);
            REQUIRE(cache.get(name) == "(none)");
          }
          break;
        default: {
          const std::string found = cache.get(name);
          if (found == "(none)") break;
          REQUIRE(found == last[number]);
          ++hits;
        }
      }
    }
    CHECK(hits > 20);
  }
}

TEST_CASE("processes that are killed while they use the cache leave it sound") {
  Cache cache;
  for (int round = 0; round < testing::repeats(30); ++round) {
    std::vector<pid_t> children;
    for (int child = 0; child < 3; ++child) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        std::mt19937 random(static_cast<unsigned>(round * 3 + child));
        for (;;) {
          const std::string name = std::to_string(random() % 500);
          if (random() % 2 == 0) {
            cache.set(name, value_of(name, random() % 20'000));
          } else if (const std::string found = cache.get(name); found != "(none)" && found != value_of(name, found.size())) {
            ::_exit(1);
          }
        }
      }
      children.push_back(pid);
    }
    for (int i = 0; i < 500; ++i) {
      const std::string name = std::to_string(i);
      const std::string found = cache.get(name);
      if (found != "(none)") REQUIRE(found == value_of(name, found.size()));
    }
    for (const pid_t child : children) {
      int status = 0;
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      REQUIRE(WIFSIGNALED(status));
    }
  }
  CHECK(cache.set("still", "works"));
  CHECK(cache.get("still") == "works");
}

TEST_CASE("a process that is killed between any two instructions of a change leaves the value before, the one after, or none") {
  Cache cache;
  int deaths = 0;
  for (int steps = 0;; steps = testing::later(steps, 13)) {
    cache.set("key", "before");
    cache.set("other", "other");
    const bool ended = testing::killed_after(steps, [&] { cache.set("key", "after"); });
    const std::string found = cache.get("key");
    REQUIRE((found == "before" || found == "after" || found == "(none)"));
    const std::string other = cache.get("other");
    REQUIRE((other == "other" || other == "(none)"));
    REQUIRE(cache.set("key", "again"));
    REQUIRE(cache.get("key") == "again");
    if (ended) break;
    ++deaths;
  }
  CHECK(deaths > 5);
}

}  // namespace
}  // namespace ropeway::shared
