#include "handlers/static_files/file_cache.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>

#include "tests/handlers/static_files/fixture.hpp"

namespace ropeway::handlers {
namespace {

using std::chrono::seconds;

/// Loads real files, at a moment that the test chooses.
struct Files {
  TemporaryFolder folder;
  std::chrono::steady_clock::time_point now{};

  std::shared_ptr<const ServedFile> load(const std::string& name, std::size_t size, std::uint64_t small_bytes = 100) {
    folder.write(name, std::string(size, 'x'));
    auto file = std::make_shared<const OpenFile>(::open((folder / name).c_str(), O_RDONLY | O_CLOEXEC));
    return load_file(std::move(file), small_bytes, {std::chrono::system_clock::now() + std::chrono::hours(1), now});
  }
};

constexpr FileCache::Limits roomy{.entries = 100, .descriptors = 100, .bytes = 1 << 20, .file_bytes = 100};

}  // namespace

TEST_CASE("a file is found as long as its identity is the same, for a second") {
  Files files;
  FileCache cache(roomy);
  const auto file = files.load("a", 10);
  cache.insert("a", file);
  CHECK(cache.find("a", file->identity, files.now) == file);
  CHECK(cache.find("a", file->identity, files.now + std::chrono::milliseconds(999)) == file);
  CHECK(cache.find("a", file->identity, files.now + seconds(1)) == nullptr);
  CHECK(cache.find("b", file->identity, files.now) == nullptr);
  const auto same = file->identity;
  for (const auto change : {+[](FileIdentity& i) { ++i.device; }, +[](FileIdentity& i) { ++i.inode; }, +[](FileIdentity& i) { ++i.size; },
                            +[](FileIdentity& i) { ++i.modified.tv_nsec; }, +[](FileIdentity& i) { ++i.modified.tv_sec; },
                            +[](FileIdentity& i) { ++i.changed.tv_nsec; }, +[](FileIdentity& i) { ++i.changed.tv_sec; }}) {
    auto other = same;
    change(other);
    CHECK(cache.find("a", other, files.now) == nullptr);
  }
}

TEST_CASE("a file that has just changed is not kept, since a second change might not show") {
  const TemporaryFolder folder;
  folder.write("a", "x");
  const auto open = [&] { return std::make_shared<const OpenFile>(::open((folder / "a").c_str(), O_RDONLY | O_CLOEXEC)); };
  const auto first = load_file(open(), 100, {});
  const auto changed = std::chrono::system_clock::time_point(std::chrono::duration_cast<std::chrono::system_clock::duration>(
      seconds(first->identity.changed.tv_sec) + std::chrono::nanoseconds(first->identity.changed.tv_nsec)));
  const struct {
    std::chrono::milliseconds age;
    std::size_t kept;
  } cases[] = {{std::chrono::milliseconds(-1000), 0},
               {std::chrono::milliseconds(0), 0},
               {std::chrono::milliseconds(49), 0},
               {std::chrono::milliseconds(50), 1}};
  for (const auto& [age, kept] : cases) {
    FileCache cache(roomy);
    cache.insert("a", load_file(open(), 100, {changed + age, {}}));
    CHECK(cache.usage().entries == kept);
  }
}

TEST_CASE("the bounds on entries, descriptors and bytes hold, and what was used longest ago goes first") {
  Files files;
  SUBCASE("entries") {
    FileCache cache({.entries = 3, .descriptors = 3, .bytes = 1 << 20, .file_bytes = 100});
    const auto first = files.load("0", 10);
    cache.insert("0", first);
    for (int i = 1; i < 10; ++i) {
      cache.insert(std::to_string(i), files.load(std::to_string(i), 10));
      CHECK(cache.usage().entries <= 3);
      CHECK(cache.find("0", first->identity, files.now) == first);  // it is used all the time
    }
    CHECK(cache.usage().entries == 3);
  }
  SUBCASE("descriptors") {
    FileCache cache({.entries = 100, .descriptors = 2, .bytes = 1 << 20, .file_bytes = 100});
    for (int i = 0; i < 10; ++i) cache.insert(std::to_string(i), files.load(std::to_string(i), 1000));
    CHECK(cache.usage().descriptors <= 2);
    CHECK(cache.usage().descriptors > 0);
    CHECK(cache.usage().entries == cache.usage().descriptors);
  }
  SUBCASE("bytes") {
    FileCache cache({.entries = 100, .descriptors = 2, .bytes = 5000, .file_bytes = 1000});
    for (int i = 0; i < 10; ++i) cache.insert(std::to_string(i), files.load(std::to_string(i), 900, 1000));
    CHECK(cache.usage().bytes <= 5000);
    CHECK(cache.usage().entries > 1);
  }
  SUBCASE("a file that could never fit, and a cache that is off") {
    FileCache small({.entries = 100, .descriptors = 0, .bytes = 500, .file_bytes = 1000});
    small.insert("a", files.load("a", 900, 1000));
    small.insert("b", files.load("b", 5000, 1000));
    CHECK(small.usage().entries == 0);
    FileCache off({});
    const auto file = files.load("c", 1);
    off.insert("c", file);
    CHECK(off.find("c", file->identity, files.now) == nullptr);
  }
}

TEST_CASE("entries go when their file is gone, or when nobody used them for a minute") {
  Files files;
  FileCache cache({.entries = 20, .descriptors = 20, .bytes = 1 << 20, .file_bytes = 100});
  cache.insert("a", files.load("a", 1000));
  cache.forget("b");
  CHECK(cache.usage().descriptors == 1);
  cache.forget("a");
  CHECK(cache.usage().entries == 0);
  CHECK(cache.usage().bytes == 0);
  cache.insert("a", files.load("a", 1000));
  files.now += seconds(61);
  cache.insert("b", files.load("b", 10));
  CHECK(cache.usage().descriptors == 0);
  CHECK(cache.usage().entries == 1);
}

TEST_CASE("a file that is replaced in the cache lives on in the responses that send from it") {
  Files files;
  FileCache cache(roomy);
  cache.insert("a", files.load("a", 10));
  const auto kept = files.load("a", 10);
  cache.insert("a", kept);
  cache.insert("a", files.load("a", 20));
  CHECK(kept->bytes == "xxxxxxxxxx");
  CHECK(cache.usage().entries == 1);
}

}  // namespace ropeway::handlers
