#include "handlers/fastcgi/script_finder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include <ropeway/http_error.hpp>
#include <ropeway/testing/call.hpp>

#include "tests/support/temporary_folder.hpp"

namespace ropeway::handlers {
namespace {

using testing::RequestBuilder;
using testing::TemporaryFolder;

ScriptFinder finder(const TemporaryFolder& folder, const std::string& more = "") {
  return ScriptFinder(ConfigNode::from_json(R"({"root": ")" + (folder / "site") + "\"" + more + "}", ScriptFinder::settings()));
}

// "index.php /index.php /path", "> /folder/", or "404".
std::string told(const ScriptFinder& scripts, const TemporaryFolder& folder, const std::string& target) {
  try {
    const Request request = RequestBuilder("GET", target).header("Host", "h").build();
    const ScriptFinder::Found found = scripts.find(request);
    if (!found.redirect.empty()) return "> " + found.redirect;
    const std::string root = std::filesystem::canonical(folder / "site").string() + "/";
    REQUIRE(found.script.file.starts_with(root));
    return found.script.file.substr(root.size()) + " " + found.script.script_name +
           (found.script.path_info.empty() ? "" : " " + found.script.path_info);
  } catch (const HttpError& error) { return std::to_string(code(error.status())); }
}

struct Row {
  std::string target;
  std::string alone;
  std::string with_fallback;
};

}  // namespace

TEST_CASE("a path means a script below the root, and nothing else is ever passed on") {
  const TemporaryFolder folder;
  for (const char* name : {"index.php", "a.php", "sub/index.php", "sub/b.php", "picture.jpg", "upload/x.jpg", ".env", ".git/config",
                           ".hidden.php", "plain/readme.txt", "a.php.bak", "a b.php", "x.PHP", ".php"}) {
    (void)folder.write(std::string("site/") + name, "x");
  }
  (void)folder.write("outside.php", "x");
  std::filesystem::create_symlink("../outside.php", folder.path() / "site/link_out.php");
  std::filesystem::create_symlink("a.php", folder.path() / "site/link.php");
  std::filesystem::create_symlink("picture.jpg", folder.path() / "site/link_to_picture.php");
  std::filesystem::create_symlink("a.php", folder.path() / "site/link_to_script.jpg");
  std::filesystem::create_symlink("nowhere", folder.path() / "site/dangling.php");
  const std::string front = "index.php /index.php";
  const std::vector<Row> rows{
      {"/a.php", "a.php /a.php", ""},
      {"/a.php?x=/y", "a.php /a.php", ""},
      {"/a.php/more/x%20y", "a.php /a.php /more/x y", ""},
      {"/a.php/", "a.php /a.php /", ""},
      {"/a.php/.hidden", "a.php /a.php /.hidden", ""},
      {"/a.php/b.php", "a.php /a.php /b.php", ""},
      {"/a%20b.php", "a b.php /a b.php", ""},
      {"/link.php", "a.php /link.php", ""},
      {"/", front, ""},
      {"/sub/", "sub/index.php /sub/index.php", ""},
      {"/sub", "> /sub/", ""},
      {"/sub?a=b", "> /sub/?a=b", ""},
      {"/sub/b.php", "sub/b.php /sub/b.php", ""},
      // what exists and is no script, and what is hidden
      {"/picture.jpg", "404", "404"},
      {"/picture.jpg/x.php", "404", "404"},
      {"/upload/x.jpg/a.php", "404", "404"},
      {"/a.php.bak", "404", "404"},
      {"/x.PHP", "404", "404"},
      {"/.php", "404", "404"},
      {"/.env", "404", "404"},
      {"/.hidden.php", "404", "404"},
      {"/.git/config", "404", "404"},
      {"/missing/.env", "404", "404"},
      {"/link_out.php", "404", "404"},
      {"/link_to_picture.php", "404", "404"},
      {"/link_to_script.jpg", "404", "404"},
      {"/a.php%2Fmore", "404", "404"},
      {"/..%2foutside.php", "404", "404"},
      // what does not exist
      {"/missing", "404", front},
      {"/pretty/url/of/mine", "404", front},
      {"/missing.php", "404", front},
      {"/missing.php/more", "404", front},
      {"/dangling.php", "404", front},
      {"/plain/", "404", front},
      {"/plain", "404", front},
      {"/" + std::string(300, 'n'), "404", front},
  };
  const ScriptFinder alone = finder(folder);
  const ScriptFinder with_fallback = finder(folder, R"(, "fallback": "/index.php")");
  for (const Row& row : rows) {
    CAPTURE(row.target);
    CHECK(told(alone, folder, row.target) == row.alone);
    CHECK(told(with_fallback, folder, row.target) == (row.with_fallback.empty() ? row.alone : row.with_fallback));
  }
}

TEST_CASE("a prefix belongs to the names that scripts learn of themselves") {
  const TemporaryFolder folder;
  (void)folder.write("site/index.php", "x");
  (void)folder.write("site/sub/a.php", "x");
  const ScriptFinder scripts = finder(folder, R"(, "prefix": "/app/", "fallback": "index.php")");
  CHECK(told(scripts, folder, "/app/sub/a.php/info") == "sub/a.php /app/sub/a.php /info");
  CHECK(told(scripts, folder, "/app/") == "index.php /app/index.php");
  CHECK(told(scripts, folder, "/app") == "> /app/");
  CHECK(told(scripts, folder, "/app/pretty/url") == "index.php /app/index.php");
  CHECK(told(scripts, folder, "/application") == "404");
  CHECK(told(scripts, folder, "/other") == "404");
}

TEST_CASE("index and extensions are what the options say") {
  const TemporaryFolder folder;
  (void)folder.write("site/index.php", "x");
  (void)folder.write("site/main.py", "x");
  CHECK(told(finder(folder, R"(, "index": "")"), folder, "/") == "404");
  const ScriptFinder python = finder(folder, R"(, "extensions": [".py"], "index": "main.py")");
  CHECK(told(python, folder, "/") == "main.py /main.py");
  CHECK(told(python, folder, "/index.php") == "404");
}

TEST_CASE("options that name no script are refused with their place") {
  const TemporaryFolder folder;
  (void)folder.write("site/index.php", "x");
  const auto mistake = [&](const std::string& more) {
    try {
      (void)finder(folder, more);
    } catch (const ConfigError& error) { return error.pointer() + ": " + error.what(); }
    return std::string("none");
  };
  CHECK(mistake("") == "none");
  CHECK(mistake(R"(, "index": "index.html")").starts_with("/index: \"index.html\" is no name of a script"));
  CHECK(mistake(R"(, "index": "sub/index.php")").starts_with("/index: "));
  CHECK(mistake(R"(, "index": ".php")").starts_with("/index: "));
  CHECK(mistake(R"(, "fallback": "/front")").starts_with("/fallback: \"front\" is no path of a script"));
  CHECK(mistake(R"(, "fallback": "../x.php")").starts_with("/fallback: "));
  CHECK(mistake(R"(, "extensions": ["php"])").starts_with("/extensions: \"php\" is no extension"));
  CHECK(mistake(R"(, "extensions": ["."])").starts_with("/extensions: "));
  CHECK(mistake(R"(, "prefix": "app")").starts_with("/prefix: "));
}

}  // namespace ropeway::handlers
