#include <doctest/doctest.h>

#include <ropeway/status.hpp>

namespace ropeway {

TEST_CASE("registered status codes have their reason phrase and others are unknown") {
  struct Row {
    unsigned number;
    const char* phrase;
  };
  for (const Row& row : {Row{200, "OK"},
                         {404, "Not Found"},
                         {413, "Content Too Large"},
                         {418, "Unknown"},
                         {422, "Unprocessable Content"},
                         {511, "Network Authentication Required"},
                         {599, "Unknown"},
                         {999, "Unknown"}}) {
    CAPTURE(row.number);
    CHECK(reason_phrase(static_cast<Status>(row.number)) == row.phrase);
  }
}

TEST_CASE("only 1xx, 204 and 304 never have content (RFC 9110 §6.4.1)") {
  CHECK(is_bodiless(Status::continue_));
  CHECK(is_bodiless(Status::no_content));
  CHECK(is_bodiless(Status::not_modified));
  CHECK(!is_bodiless(Status::ok));
  CHECK(!is_bodiless(Status::reset_content));
  CHECK(!is_bodiless(Status::not_found));
}

}  // namespace ropeway
