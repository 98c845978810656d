#include <ropeway/content_coding.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace {

using namespace ropeway;
using enum ContentCoding;

constexpr std::array<ContentCoding, 3> offered{br, zstd, gzip};

// The coding that is chosen for one field of that value.
std::string_view chosen(std::string_view value) {
  const std::array<HeaderField, 1> fields{HeaderField{"Accept-Encoding", value}};
  return to_string(AcceptedCodings(HeaderView(fields)).best_of(offered));
}

}  // namespace

TEST_CASE("the most wanted coding is chosen, and among equals the server's first (RFC 9110 §12.5.3)") {
  struct Case {
    std::string_view value;
    std::string_view coding;
  };
  for (const Case& row : {
           Case{"gzip, deflate, br, zstd", "br"},
           Case{"gzip", "gzip"},
           Case{"GZip", "gzip"},
           Case{"x-gzip", "gzip"},
           Case{"br;q=1, gzip;q=0.8", "br"},
           Case{"br;q=0.5, gzip;q=0.8", "gzip"},
           Case{"br ; q=0.501 , gzip;Q=0.5", "br"},
           Case{"*", "br"},
           Case{"*;q=0.1", "br"},
           Case{"br;q=0, *", "zstd"},
           Case{"*;q=0.5, gzip", "gzip"},
           Case{"gzip;q=0.5, identity", "identity"},
           Case{"gzip, identity", "gzip"},
           Case{"gzip;q=0.001", "gzip"},
           Case{"identity", "identity"},
           Case{"", "identity"},
           Case{"deflate, compress", "identity"},
           Case{"gzip;q=0", "identity"},
           Case{"identity;q=0, gzip", "gzip"},
           Case{"identity;q=0", "identity"},
           Case{"*;q=0", "identity"},
           Case{"*;q=0, gzip", "gzip"},
           Case{"gzip;q=2", "identity"},
           Case{"gzip;q=abc, br;q=0.1", "br"},
           Case{"gzip;level=9", "identity"},
           Case{"gzipped", "identity"},
           Case{",,gzip,,", "gzip"},
           Case{"gzip;q=0.5, gzip;q=0", "identity"},
       }) {
    CAPTURE(row.value);
    CHECK(chosen(row.value) == row.coding);
  }
}

TEST_CASE("all fields of the name count together, and none at all asks for no coding") {
  const std::vector<HeaderField> two{{"Accept-Encoding", "gzip;q=0.5"}, {"Accept", "br"}, {"accept-encoding", "zstd"}};
  const AcceptedCodings both{HeaderView(two)};
  CHECK(both.quality(gzip) == 500);
  CHECK(both.quality(zstd) == 1000);
  CHECK(both.quality(br) == 0);
  CHECK(both.quality(identity) == 1);
  const AcceptedCodings none{HeaderView()};
  CHECK(none.best_of(offered) == identity);
  CHECK(none.quality(identity) == 1000);
  CHECK(none.quality(gzip) == 0);
}

TEST_CASE("a coding has one name, which is read in any case") {
  for (const ContentCoding coding : {identity, gzip, br, zstd}) CHECK(content_coding_from(to_string(coding)) == coding);
  CHECK(content_coding_from("BR") == br);
  CHECK_FALSE(content_coding_from("deflate"));
  CHECK_FALSE(content_coding_from(""));
}
