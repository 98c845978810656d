#include "handlers/relative_path.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace ropeway::handlers {

TEST_CASE("a request's path becomes a path below the root, or nothing") {
  using std::string_view;
  constexpr auto hidden = RelativePath::Dotfiles::hidden;
  constexpr auto served = RelativePath::Dotfiles::served;
  const struct {
    string_view path;
    RelativePath::Dotfiles dotfiles;
    const char* expected;  // nullptr: refused
  } cases[] = {
      {"", hidden, ""},
      {"/", hidden, ""},
      {"///", hidden, nullptr},
      {"a", hidden, "a"},
      {"/a/b.c", hidden, "a/b.c"},
      {"//a", hidden, nullptr},
      {"/a//b", hidden, nullptr},
      {"/a/b//", hidden, nullptr},
      {"/a/b/", hidden, "a/b"},
      {"/a b/\xff\n", hidden, "a b/\xff\n"},
      {"/a..b/c...", hidden, "a..b/c..."},
      {"..", served, nullptr},
      {"/a/../b", served, nullptr},
      {"/a/..", served, nullptr},
      {"/./a", served, nullptr},
      {"/a/.", served, nullptr},
      {"/...", served, "..."},
      {"/...", hidden, nullptr},
      {"/.git/config", hidden, nullptr},
      {"/.git/config", served, ".git/config"},
      {"/a/.b", hidden, nullptr},
      {string_view("/a\0b", 4), served, nullptr},
  };
  for (const auto& [text, dotfiles, expected] : cases) {
    CAPTURE(text);
    RelativePath path;
    CHECK(path.assign(text, dotfiles) == (expected != nullptr));
    CHECK(path.view() == (expected != nullptr ? expected : ""));
    CHECK(std::string(path.c_str()) == (path.is_root() ? "." : path.view()));
  }
}

TEST_CASE("a path is at most PATH_MAX - 1 bytes long, however it came about") {
  auto path = std::make_unique<RelativePath>();
  const std::string longest(PATH_MAX - 1, 'a');
  CHECK(path->assign(longest, RelativePath::Dotfiles::hidden));
  CHECK(path->view() == longest);
  CHECK_FALSE(path->push("b"));
  CHECK_FALSE(path->assign(longest + "a", RelativePath::Dotfiles::hidden));
  CHECK(path->is_root());
  CHECK(path->assign(longest.substr(2), RelativePath::Dotfiles::hidden));
  CHECK(path->push("b"));
  CHECK(path->size() == PATH_MAX - 1);
}

TEST_CASE("a name that was pushed can be taken back") {
  RelativePath path;
  REQUIRE(path.assign("/a", RelativePath::Dotfiles::hidden));
  REQUIRE(path.push("index.html"));
  CHECK(path.view() == "a/index.html");
  path.truncate(1);
  CHECK(std::string(path.c_str()) == "a");
  path.truncate(0);
  CHECK(std::string(path.c_str()) == ".");
  const RelativePath copy = path;
  CHECK(copy.is_root());
}

}  // namespace ropeway::handlers
