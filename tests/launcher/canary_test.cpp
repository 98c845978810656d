#include "launcher/src/canary.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

using ropeway::launcher::is_worse;
using ropeway::launcher::Tally;

TEST_CASE("a canary is worse where far more of its answers are errors") {
  struct Case {
    const char* what;
    Tally canary, others;
    bool worse, worse_at_the_end;
  };
  for (const Case& test : {
           Case{"no answers", {0, 0}, {1000, 0}, false, false},
           Case{"no errors", {100, 0}, {1000, 0}, false, false},
           Case{"every answer", {3, 3}, {1000, 0}, true, true},
           Case{"two of two wait for more", {2, 2}, {1000, 0}, false, true},
           Case{"one of ten is chance", {10, 1}, {1000, 0}, false, false},
           Case{"three of ten", {10, 3}, {1000, 0}, true, true},
           Case{"three of a thousand are few", {1000, 3}, {1000, 0}, false, false},
           Case{"as bad as the others", {100, 30}, {1000, 300}, false, false},
           Case{"all are errors everywhere", {100, 100}, {1000, 1000}, false, false},
           Case{"more than twice the others' share", {100, 30}, {1000, 100}, true, true},
           Case{"errors of requests that have not ended yet", {0, 3}, {1000, 0}, false, false},
           Case{"the others have answered nothing", {10, 5}, {0, 0}, true, true},
       }) {
    CAPTURE(test.what);
    CHECK(is_worse(test.canary, test.others, false) == test.worse);
    CHECK(is_worse(test.canary, test.others, true) == test.worse_at_the_end);
  }
}
