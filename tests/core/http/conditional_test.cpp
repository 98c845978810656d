#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/src/http/conditional.hpp"

namespace ropeway::http {
namespace {

using enum Precondition;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using Fields = std::vector<HeaderField>;

constexpr const char* earlier = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* same = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* later = "Sun, 06 Nov 1994 08:49:38 GMT";
const Validators strong{"\"abc\"", sys_seconds(seconds(784'111'777))};
const Validators weak{"W/\"abc\"", sys_seconds(seconds(784'111'777))};
const Validators none{"", std::nullopt};

struct Row {
  const char* clause;
  Fields fields;
  Precondition get;
  Precondition put;
};

void check(const std::vector<Row>& rows, const Validators& validators) {
  for (const Row& row : rows) {
    CAPTURE(row.clause);
    const HeaderView fields(row.fields);
    CHECK(evaluate_preconditions(Method::get, fields, validators) == row.get);
    CHECK(evaluate_preconditions(Method::head, fields, validators) == row.get);
    CHECK(evaluate_preconditions(Method::put, fields, validators) == row.put);
  }
}

}  // namespace

TEST_CASE("entity tags are compared strongly and weakly (RFC 9110 §8.8.3.2)") {
  struct Comparison {
    const char* left;
    const char* right;
    bool strongly;
    bool weakly;
  };
  for (const Comparison& row : {Comparison{"W/\"1\"", "W/\"1\"", false, true},
                                {"W/\"1\"", "W/\"2\"", false, false},
                                {"W/\"1\"", "\"1\"", false, true},
                                {"\"1\"", "\"1\"", true, true},
                                {"\"1\"", "\"2\"", false, false}}) {
    CHECK(same_tag_strongly(row.left, row.right) == row.strongly);
    CHECK(same_tag_weakly(row.left, row.right) == row.weakly);
  }
}

TEST_CASE("each condition by itself (RFC 9110 §13.1)") {
  check({{"nothing asked", {{"Host", "x"}, {"If", "y"}, {"If-Something", "z"}}, met, met},
         {"§13.1.1 same tag", {{"If-Match", "\"abc\""}}, met, met},
         {"§13.1.1 other tag", {{"If-Match", "\"abd\""}}, failed, failed},
         {"§13.1.1 weak tag", {{"If-Match", "W/\"abc\""}}, failed, failed},
         {"§13.1.1 any", {{"if-match", "*"}}, met, met},
         {"§13.1.1 list", {{"If-Match", "\"x\", \"abc\""}}, met, met},
         {"§13.1.1 several lines", {{"If-Match", "\"x\""}, {"If-Match", "\"abc\""}}, met, met},
         {"§13.1.1 empty", {{"If-Match", ""}}, failed, failed},
         {"§13.1.2 same tag", {{"If-None-Match", "\"abc\""}}, not_modified, failed},
         {"§13.1.2 weak tag", {{"If-None-Match", "W/\"abc\""}}, not_modified, failed},
         {"§13.1.2 other tag", {{"If-None-Match", "\"abd\""}}, met, met},
         {"§13.1.2 any", {{"If-None-Match", "*"}}, not_modified, failed},
         {"§13.1.2 list", {{"If-None-Match", "\"x\",W/\"y\" ,\"abc\""}}, not_modified, failed},
         {"§13.1.2 several lines", {{"If-None-Match", "\"x\""}, {"If-None-Match", "\"abc\""}}, not_modified, failed},
         {"§13.1.3 same date", {{"If-Modified-Since", same}}, not_modified, met},
         {"§13.1.3 later date", {{"If-Modified-Since", later}}, not_modified, met},
         {"§13.1.3 earlier date", {{"If-Modified-Since", earlier}}, met, met},
         {"§13.1.3 old form", {{"If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT"}}, not_modified, met},
         {"§13.1.3 no date", {{"If-Modified-Since", "yesterday"}}, met, met},
         {"§13.1.3 more than one", {{"If-Modified-Since", later}, {"If-Modified-Since", later}}, met, met},
         {"§13.1.4 same date", {{"If-Unmodified-Since", same}}, met, met},
         {"§13.1.4 later date", {{"If-Unmodified-Since", later}}, met, met},
         {"§13.1.4 earlier date", {{"If-Unmodified-Since", earlier}}, failed, failed},
         {"§13.1.4 no date", {{"If-Unmodified-Since", "0"}}, met, met}},
        strong);
}

TEST_CASE("conditions are evaluated in their order (RFC 9110 §13.2.2)") {
  check({{"step 1 before 2: If-Match hides If-Unmodified-Since", {{"If-Unmodified-Since", earlier}, {"If-Match", "\"abc\""}}, met, met},
         {"step 1 before 3", {{"If-None-Match", "\"abc\""}, {"If-Match", "\"no\""}}, failed, failed},
         {"step 1, then 3", {{"If-None-Match", "\"abc\""}, {"If-Match", "\"abc\""}}, not_modified, failed},
         {"step 2, then 3", {{"If-None-Match", "\"abc\""}, {"If-Unmodified-Since", same}}, not_modified, failed},
         {"step 2 before 3", {{"If-None-Match", "\"abc\""}, {"If-Unmodified-Since", earlier}}, failed, failed},
         {"step 3 before 4: If-None-Match hides If-Modified-Since", {{"If-Modified-Since", later}, {"If-None-Match", "\"no\""}}, met, met},
         {"step 2, then 4", {{"If-Unmodified-Since", same}, {"If-Modified-Since", same}}, not_modified, met}},
        strong);
}

TEST_CASE("weak validators and missing ones (RFC 9110 §13.1)") {
  check({{"a weak tag never matches strongly", {{"If-Match", "W/\"abc\""}}, failed, failed},
         {"nor as a strong one", {{"If-Match", "\"abc\""}}, failed, failed},
         {"but weakly", {{"If-None-Match", "\"abc\""}}, not_modified, failed}},
        weak);
  check({{"there is something", {{"If-Match", "*"}}, met, met},
         {"but it has no tag", {{"If-Match", "\"abc\", \"\""}}, failed, failed},
         {"none matches", {{"If-None-Match", "\"abc\", , \"\""}}, met, met},
         {"any matches", {{"If-None-Match", "*"}}, not_modified, failed},
         {"§13.1.3 without a date", {{"If-Modified-Since", later}}, met, met},
         {"§13.1.4 without a date", {{"If-Unmodified-Since", earlier}}, met, met}},
        none);
}

TEST_CASE("malformed lists match nothing that is not in them") {
  for (const char* list : {"abc", "\"abc", "abc\"", "W/abc", "w/\"abc\"", "\"abc\"x", "x\"abc\"", "\"a\\\"bc\"", "**", "\"*\"", "\"ab",
                           "W/", "\"", "\"abc\" \"abc\"", "'abc'", ",,,", "W/ \"abc\""}) {
    CAPTURE(list);
    const Fields fields = {{"If-None-Match", list}};
    CHECK(evaluate_preconditions(Method::get, HeaderView(fields), strong) == met);
  }
}

TEST_CASE("a tag is found behind commas, backslashes and malformed neighbours") {
  for (const char* list : {"\"a,b\",\"abc\"", "\"\\\",\"abc\"", "bad,\"abc\"", "W/x,\"abc\"", ",, \t\"abc\" ,", "\"abc\",\"open"}) {
    CAPTURE(list);
    const Fields fields = {{"If-None-Match", list}};
    CHECK(evaluate_preconditions(Method::get, HeaderView(fields), strong) == not_modified);
  }
  const Fields inside = {{"If-None-Match", "\"x,\"abc\",y\""}};  // reads as "x,", then what is no tag
  CHECK(evaluate_preconditions(Method::get, HeaderView(inside), strong) == met);
}

TEST_CASE("If-Range allows a range only for the very same representation (RFC 9110 §13.1.5)") {
  const auto allows = [](const Fields& fields, const Validators& validators) { return if_range_allows(HeaderView(fields), validators); };
  CHECK(allows({}, strong));
  CHECK(allows({{"If-Range", "\"abc\""}}, strong));
  CHECK(allows({{"If-Range", same}}, strong));
  CHECK(allows({{"If-Range", "Sunday, 06-Nov-94 08:49:37 GMT"}}, strong));
  CHECK(!allows({{"If-Range", "\"abd\""}}, strong));
  CHECK(!allows({{"If-Range", "W/\"abc\""}}, strong));
  CHECK(!allows({{"If-Range", "W/\"abc\""}}, weak));
  CHECK(!allows({{"If-Range", "\"abc\""}}, weak));
  CHECK(!allows({{"If-Range", later}}, strong));
  CHECK(!allows({{"If-Range", earlier}}, strong));
  CHECK(!allows({{"If-Range", "*"}}, strong));
  CHECK(!allows({{"If-Range", ""}}, strong));
  CHECK(!allows({{"If-Range", ""}}, none));
  CHECK(!allows({{"If-Range", "\"\""}}, none));
  CHECK(!allows({{"If-Range", "\"abc\", \"abd\""}}, strong));
  CHECK(!allows({{"If-Range", "\"abc\""}, {"If-Range", "\"abc\""}}, strong));
}

}  // namespace ropeway::http
