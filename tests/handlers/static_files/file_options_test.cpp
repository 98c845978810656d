#include "handlers/static_files/file_options.hpp"

#include <doctest/doctest.h>

#include "tests/handlers/static_files/fixture.hpp"

namespace ropeway::handlers {

TEST_CASE("media types come from the option, then from the server's table, with the charset that was asked for") {
  const TemporaryFolder folder;
  for (const char* name : {"a.html", "a.md", "a.TXT", "a.geo", "a.png", "md", ".md"}) folder.write(name, "x");
  const std::string types =
      R"("dotfiles": true, "media_types": {".md": "text/markdown", "GEO": "application/geo+json", "txt": "text/plain; charset=ascii"})";
  const struct {
    const char* target;
    const char* by_default;
    const char* latin;
    const char* without;
  } cases[] = {
      {"/a.html", "text/html; charset=utf-8", "text/html; charset=iso-8859-1", "text/html"},
      {"/a.md", "text/markdown; charset=utf-8", "text/markdown; charset=iso-8859-1", "text/markdown"},
      {"/a.TXT", "text/plain; charset=ascii", "text/plain; charset=ascii", "text/plain; charset=ascii"},
      {"/a.geo", "application/geo+json", "application/geo+json", "application/geo+json"},
      {"/a.png", "image/png", "image/png", "image/png"},
      {"/md", "application/octet-stream", "application/octet-stream", "application/octet-stream"},
      {"/.md", "application/octet-stream", "application/octet-stream", "application/octet-stream"},
  };
  const ServedFolder by_default(folder.path(), types);
  const ServedFolder latin(folder.path(), types + R"(, "charset": "iso-8859-1")");
  const ServedFolder without(folder.path(), types + R"(, "charset": "")");
  for (const auto& test : cases) {
    CAPTURE(test.target);
    CHECK(by_default.get(test.target).headers().find("Content-Type") == test.by_default);
    CHECK(latin.get(test.target).headers().find("Content-Type") == test.latin);
    CHECK(without.get(test.target).headers().find("Content-Type") == test.without);
  }
}

TEST_CASE("options that cannot be used are refused with their place") {
  const struct {
    const char* options;
    const char* pointer;
  } cases[] = {
      {R"("media_types": {"a.b": "text/plain"})", "/media_types/a.b"},
      {R"("media_types": {"": "text/plain"})", "/media_types/"},
      {R"("media_types": {"md": "markdown"})", "/media_types/md"},
      {R"("media_types": {"md": "text/a\nb"})", "/media_types/md"},
      {R"("media_types": {"md": "text/a", ".MD": "text/b"})", "/media_types/md"},
      {R"("charset": "a\nb")", "/charset"},
      {R"("fallback": "../index.html")", "/fallback"},
      {R"("fallback": "app/")", "/fallback"},
      {R"("error_pages": {"200": "a.html"})", "/error_pages/200"},
      {R"("error_pages": {"4xx": "a.html"})", "/error_pages/4xx"},
      {R"("error_pages": {"404": ""})", "/error_pages/404"},
      {R"("error_pages": {"404": "../x"})", "/error_pages/404"},
      {R"("index": ["a/b"])", "/index"},
      {R"("exclude": ["scripts/*.php"])", "/exclude"},
      {R"("prefix": "a")", "/prefix"},
  };
  const TemporaryFolder folder;
  for (const auto& test : cases) {
    CAPTURE(test.options);
    CHECK(place_of_mistake(folder.path(), test.options) == test.pointer);
  }
}

}  // namespace ropeway::handlers
