#include "handlers/static_files/folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>

#include <sys/stat.h>

#include "tests/handlers/static_files/fixture.hpp"

namespace ropeway::handlers {
namespace {

std::vector<std::string> names_of(FolderListing folder, SortOrder order = {}) {
  sort_entries(folder.entries, order);
  std::vector<std::string> names;
  for (const FolderEntry& entry : folder.entries) names.push_back(entry.name + (entry.is_folder ? "/" : ""));
  return names;
}

FolderListing read(const Root& root, std::string_view name, RelativePath::Dotfiles dotfiles = RelativePath::Dotfiles::hidden) {
  RelativePath path;
  REQUIRE(path.assign(name, dotfiles));
  return read_folder(root, path, *root.open(path.c_str()).file, dotfiles);
}

}  // namespace

TEST_CASE("a folder shows what would be served and nothing else") {
  const TemporaryFolder folder;
  folder.write("root/sub/file", "12345");
  folder.write("root/sub/.hidden", "");
  folder.write("root/sub/deep/x", "");
  folder.write("outside", "");
  const auto sub = folder / "root/sub";
  std::filesystem::create_symlink("file", sub / "link");
  std::filesystem::create_symlink("../../outside", sub / "out");
  std::filesystem::create_symlink("nothing", sub / "broken");
  std::filesystem::create_directory_symlink("deep", sub / "folder-link");
  REQUIRE(::mkfifo((sub / "fifo").c_str(), 0600) == 0);
  using Names = std::vector<std::string>;
  const Root confined(folder / "root", Root::Links::confined);
  CHECK(names_of(read(confined, "sub")) == Names{"deep/", "folder-link/", "file", "link"});
  CHECK(names_of(read(confined, "sub", RelativePath::Dotfiles::served)) == Names{"deep/", "folder-link/", ".hidden", "file", "link"});
  const Root followed(folder / "root", Root::Links::followed);
  CHECK(names_of(read(followed, "sub")) == Names{"deep/", "folder-link/", "file", "link", "out"});
  const FolderListing found = read(confined, "sub");
  const auto link = std::find_if(found.entries.begin(), found.entries.end(), [](const auto& entry) { return entry.name == "link"; });
  REQUIRE(link != found.entries.end());
  CHECK(link->size == 5);
}

TEST_CASE("folders stand first, and files are sorted by name, size or time in either direction") {
  using std::chrono::system_clock;
  const auto at = [](int seconds) { return system_clock::time_point(std::chrono::seconds(seconds)); };
  const FolderListing folder{
      {{"b", false, 1, at(3)}, {"a", false, 3, at(2)}, {"c", false, 2, at(1)}, {"z", true, 0, at(4)}, {"y", true, 0, at(5)}}, false, ""};
  const struct {
    const char* sort;
    const char* order;
    const char* expected;
  } cases[] = {
      {"", "", "y/z/abc"},         {"name", "asc", "y/z/abc"},     {"name", "desc", "z/y/cba"},     {"size", "asc", "y/z/bca"},
      {"size", "desc", "z/y/acb"}, {"modified", "asc", "z/y/cab"}, {"modified", "desc", "y/z/bac"}, {"nonsense", "x", "y/z/abc"},
  };
  for (const auto& [sort, order, expected] : cases) {
    CAPTURE(sort);
    CAPTURE(order);
    std::string joined;
    for (const std::string& name : names_of(folder, SortOrder::from(sort, order))) joined += name;
    CHECK(joined == expected);
  }
}

TEST_CASE("names are sorted as people read them") {
  const char* in_order[] = {"", "1", "01", "2", "10", "100a", "A", "a", "a1", "a2", "A10", "b", "file9.txt", "file10.txt", "File11.txt"};
  const std::vector<std::string> expected = {"",   "01", "1",   "2", "10",        "100a",       "A",         "a",
                                             "a1", "a2", "A10", "b", "file9.txt", "file10.txt", "File11.txt"};
  std::vector<std::string> names(std::rbegin(in_order), std::rend(in_order));
  std::sort(names.begin(), names.end(), [](const auto& left, const auto& right) { return reads_before(left, right); });
  CHECK(names == expected);
  for (const auto& left : names) {
    CHECK_FALSE(reads_before(left, left));
    for (const auto& right : names) {
      if (left != right) CHECK(reads_before(left, right) != reads_before(right, left));
    }
  }
}

}  // namespace ropeway::handlers
