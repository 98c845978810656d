#include <doctest/doctest.h>

#include <string>

#include "core/src/http/path.hpp"

namespace ropeway::http::path_test {
namespace {

struct Row {
  const char* raw;
  const char* path;  // nullptr: refused
};

// Every row also behind fillers of each size, so that what matters stands at every place of a word.
void check(const Row& row) {
  CAPTURE(row.raw);
  for (std::size_t size = 0; size < 18; ++size) {
    const std::string filler = size == 0 ? "" : "/" + std::string(size - 1, 'f');
    const std::string raw = filler + row.raw;
    std::string path;
    if (row.path == nullptr) {
      if (size == 0) CHECK(!normalise_path(raw, path));
      continue;
    }
    CHECK(normalise_path(raw, path));
    CHECK(path == filler + row.path);
    if (is_plain_path(raw)) CHECK(path == raw);
  }
}

}  // namespace

TEST_CASE("paths are decoded once and lose their dot segments (RFC 3986 §5.2.4)") {
  for (const Row& row : {Row{"/", "/"},
                         {"/a/b", "/a/b"},
                         {"/a/", "/a/"},
                         {"/.", "/"},
                         {"/./", "/"},
                         {"/a/.", "/a/"},
                         {"/a/./", "/a/"},
                         {"/a/./b", "/a/b"},
                         {"/a/..", "/"},
                         {"/a/../", "/"},
                         {"/a/b/..", "/a/"},
                         {"/a/b/../", "/a/"},
                         {"/a/b/../c", "/a/c"},
                         {"/a/b/c/./../../g", "/a/g"},
                         {"/mid/content=5/../6", "/mid/6"},
                         {"/...", "/..."},
                         {"/..a", "/..a"},
                         {"/a..", "/a.."},
                         {"/.a", "/.a"},
                         {"/a.", "/a."},
                         {"/.../x", "/.../x"},
                         {"/a%20b", "/a b"},
                         {"/%41", "/A"},
                         {"/%e4%b8%ad", "/\xe4\xb8\xad"},
                         {"/a+b", "/a+b"},
                         {"/100%25", "/100%"}}) {
    check(row);
  }
}

TEST_CASE("encoded dots are dots") {
  for (const Row& row :
       {Row{"/%2e", "/"}, {"/a/%2e%2E/b", "/b"}, {"/a/.%2e/b", "/b"}, {"/a/%2e./b", "/b"}, {"/a/%2E/b", "/a/b"}, {"/%2e%2e%2e", "/..."}}) {
    check(row);
  }
}

TEST_CASE("what was decoded is not decoded again") {
  for (const Row& row : {Row{"/%252e%252e/a", "/%2e%2e/a"}, {"/a/%25%32%65", "/a/%2e"}, {"/%252f", "/%2f"}, {"/%2500", "/%00"}}) check(row);
}

TEST_CASE("an encoded slash separates nothing and stays as it is") {
  for (const Row& row :
       {Row{"/a%2Fb", "/a%2Fb"}, {"/a%2fb", "/a%2fb"}, {"/..%2F..", "/..%2F.."}, {"/a/%2e%2e%2fb", "/a/..%2fb"}, {"/%2F", "/%2F"}}) {
    check(row);
  }
}

TEST_CASE("repeated slashes are kept, and a backslash is a character") {
  for (const Row& row : {Row{"//", "//"},
                         {"//a//b", "//a//b"},
                         {"/a//../b", "/a/b"},
                         {"//..", "/"},
                         {"//../a", "/a"},
                         {"/a//.", "/a//"},
                         {"/a\\..\\b", "/a\\..\\b"},
                         {"/..\\", "/..\\"},
                         {"/%5c..", "/\\.."}}) {
    check(row);
  }
}

TEST_CASE("a path above the root, with NUL, or with a malformed escape is refused") {
  for (const char* raw : {"/..", "/../", "/../a", "/a/../..", "/a/../../b", "/./..", "/%2e%2e/a", "/%2E./etc/passwd", "/.%2e/", "//../..",
                          "/a/b/../../../c", "/%00", "/a%00b", "/%", "/%2", "/%zz", "/a%2", "/%%41", "/%2e%2e%"}) {
    check({raw, nullptr});
  }
  std::string path;
  CHECK(!normalise_path(std::string("/a\0b", 4), path));
}

TEST_CASE("only a path without escapes, NUL and leading dots passes for plain, wherever they stand") {
  for (std::size_t size = 1; size < 40; ++size) {
    const std::string base = "/" + std::string(size, 'x');
    CHECK(is_plain_path(base));
    for (std::size_t at = 1; at < base.size(); ++at) {
      std::string raw = base;
      raw[at] = '.';
      CHECK(is_plain_path(raw) == (at != 1));
      raw[at - 1] = '/';
      CHECK(!is_plain_path(raw));
      raw = base;
      raw[at] = '%';
      CHECK(!is_plain_path(raw));
      raw[at] = '\0';
      CHECK(!is_plain_path(raw));
    }
  }
}

TEST_CASE("why a path is refused is said") {
  using enum RepeatedSlashes;
  CHECK(path_fault("/a//b%zz", refuse) == "The path has slashes side by side.");
  CHECK(path_fault("/a//b%zz", keep) == "The path has a malformed escape.");
  CHECK(path_fault("/a%4", keep) == "The path has a malformed escape.");
  CHECK(path_fault("/a%41%00", keep) == "The path holds a NUL.");
  CHECK(path_fault("/a/%2e%2e/..", keep) == "The path leads above the root.");
}

TEST_CASE("slashes side by side are kept, merged or refused, and merged ones are gone before dot segments are") {
  const struct {
    const char* raw;
    const char* kept;
    const char* merged;
    bool refused;
  } cases[] = {
      {"/a/b", "/a/b", "/a/b", false},
      {"/a//b", "/a//b", "/a/b", true},
      {"//", "//", "/", true},
      {"///a///", "///a///", "/a/", true},
      {"/a//../b", "/a/b", "/b", true},
      {"/a/.//b", "/a//b", "/a/b", true},
      {"/a/%2F/b", "/a/%2F/b", "/a/%2F/b", false},
      {"/a/./b", "/a/b", "/a/b", false},
      {"/a//", "/a//", "/a/", true},
  };
  for (const auto& test : cases) {
    CAPTURE(test.raw);
    std::string path;
    CHECK(normalise_path(test.raw, path, RepeatedSlashes::keep));
    CHECK(path == test.kept);
    CHECK(normalise_path(test.raw, path, RepeatedSlashes::merge));
    CHECK(path == test.merged);
    CHECK(normalise_path(test.raw, path, RepeatedSlashes::refuse) == !test.refused);
  }
  std::string path;
  CHECK_FALSE(normalise_path("/a//../..//../b", path, RepeatedSlashes::merge));
}

}  // namespace ropeway::http::path_test
