#include <doctest/doctest.h>

#include <ropeway/http_error.hpp>
#include <ropeway/response.hpp>
#include <ropeway/url.hpp>

#include "tests/core/http/sample_request.hpp"

namespace ropeway {

TEST_CASE("the media type that the client wants most is found (RFC 9110 §12.5.1)") {
  const struct {
    const char* accept;
    const char* best;
  } cases[] = {
      {"*/*", "text/html"},
      {"application/json", "application/json"},
      {"APPLICATION/JSON", "application/json"},
      {"text/html;q=0.5, application/json;q=0.6", "application/json"},
      {"text/*, application/json", "text/html"},
      {"text/*;q=0.9, text/html;q=0.1, application/json;q=0.5", "text/plain; charset=utf-8"},
      {"*/*;q=0.1, text/html;q=0", "text/plain; charset=utf-8"},
      {"text/plain;charset=utf-8, */*;q=0.5", "text/plain; charset=utf-8"},
      {"text/plain;charset=latin1, application/json;q=0.5", "application/json"},
      {"image/png", ""},
      {"text/html;q=0", ""},
      {"text/html;q=banana, application/json", "application/json"},
      {"garbage", ""},
      {"", "text/html"},
  };
  for (const auto& [accept, best] : cases) {
    CAPTURE(accept);
    const Request request = http::sample_get({{"Accept", accept}});
    CHECK(request.accepts({"text/html", "text/plain; charset=utf-8", "application/json"}) == best);
  }
  CHECK(http::sample_get().accepts({"a/b", "c/d"}) == "a/b");
  CHECK(http::sample_get({{"Accept", "c/d;q=0.1"}, {"accept", "a/b;q=0.2"}}).accepts({"c/d", "a/b"}) == "a/b");
  CHECK(http::sample_get().accepts({}).empty());
}

TEST_CASE("the language that the client wants most is found, also where its range is wider (RFC 4647 §3.3.1)") {
  const struct {
    const char* accept;
    const char* best;
  } cases[] = {
      {"de-AT, de;q=0.8, en;q=0.5", "de-AT"},
      {"de, en;q=0.5", "de-AT"},
      {"en-GB, en;q=0.5", "en"},
      {"fr, *;q=0.1", "en"},
      {"fr", ""},
      {"de-A", ""},
      {"de;q=0, *", "en"},
  };
  for (const auto& [accept, best] : cases) {
    CAPTURE(accept);
    CHECK(http::sample_get({{"Accept-Language", accept}}).accepts_language({"en", "de-AT"}) == best);
  }
}

TEST_CASE("redirects have the status that says what becomes of the method") {
  CHECK(Response::see_other("/a").status() == Status::see_other);
  CHECK(Response::temporary_redirect("/a").status() == Status::temporary_redirect);
  CHECK(Response::permanent_redirect("/a").status() == Status::permanent_redirect);
  CHECK(Response::permanent_redirect("https://example.org/a").headers().find("Location") == "https://example.org/a");
}

TEST_CASE("a redirect to where the client itself wants to go stays on this host") {
  for (const char* good : {"/", "/cart?item=1#end", "/a//b", "/%5C%2F/x"}) {
    CAPTURE(good);
    CHECK(is_local_reference(good));
    CHECK(Response::local_redirect(good).headers().find("Location") == good);
  }
  for (const char* bad : {"", "cart", "//evil.org", "/\\evil.org", "\\/evil.org", "https://evil.org", "javascript:alert(1)", "/\t/evil.org",
                          "/a b", "/a\r\nX: y", "/\xC3\xBC", " /"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_local_reference(bad));
    CHECK_THROWS_AS((void)Response::local_redirect(bad), HttpError);
  }
}

}  // namespace ropeway
