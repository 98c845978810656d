#include "core/src/config/spelling.hpp"

#include <doctest/doctest.h>

namespace ropeway::config {

TEST_CASE("the edit distance counts insertions, removals, replacements and swaps of neighbours") {
  struct Case {
    const char* left;
    const char* right;
    std::size_t distance;
  };
  for (const Case& c : {Case{"", "", 0},
                        {"a", "", 1},
                        {"", "abc", 3},
                        {"listen", "listen", 0},
                        {"lisen", "listen", 1},
                        {"lissten", "listen", 1},
                        {"lister", "listen", 1},
                        {"litsen", "listen", 1},
                        {"kitten", "sitting", 3},
                        {"ca", "ac", 1},
                        {"abcd", "badc", 2}}) {
    CAPTURE(c.left);
    CAPTURE(c.right);
    CHECK(edit_distance(c.left, c.right) == c.distance);
    CHECK(edit_distance(c.right, c.left) == c.distance);
  }
}

TEST_CASE("a name is suggested only when it is close") {
  const std::vector<std::string> names{"processes", "threads", "listen", "log", "body_bytes"};
  struct Case {
    const char* word;
    const char* suggestion;
  };
  for (const Case& c : {Case{"proceses", "processes"},
                        {"thread", "threads"},
                        {"Threads", "threads"},
                        {"THREADS", "threads"},
                        {"htreads", "threads"},
                        {"logs", "log"},
                        {"lgo", "log"},
                        {"body-bytes", "body_bytes"},
                        {"bodybytes", "body_bytes"},
                        {"workers", ""},
                        {"xyz", ""},
                        {"a", ""},
                        {"", ""},
                        {"port", ""}}) {
    CAPTURE(c.word);
    CHECK(closest(c.word, names) == c.suggestion);
  }
  CHECK(did_you_mean("thread", names) == ", did you mean \"threads\"?");
  CHECK(did_you_mean("port", names).empty());
}

TEST_CASE("a word of megabytes is not compared") { CHECK(closest(std::string(1 << 22, 'a'), {std::string(1 << 22, 'a')}).empty()); }

}  // namespace ropeway::config
