// Pages from templates, as a client sees them.

#include <doctest/doctest.h>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"

namespace ropeway::testing::templates_test {
namespace {

/// The configuration of the example, with its templates in `folder`.
std::string configuration_in(const TemporaryFolder& folder, const Model& model) {
  const std::string example = source_folder() + "/examples/templates/";
  std::filesystem::copy(example + "templates", folder.path() / "templates", std::filesystem::copy_options::recursive);
  auto configuration = parsed_json(read_file(example + "ropeway.json"));
  configuration["processes"] = model.processes;
  configuration["threads"] = model.threads;
  configuration["listen"] = {"127.0.0.1:0"};
  return configuration.dump(2);
}

}  // namespace

TEST_CASE("the templates example shows articles in a layout, and follows a template that is changed") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const std::string file = folder.write("ropeway.json", configuration_in(folder, model));
    const ServerProcess server({"--config", file}, folder.path().string(), example_program("templates"));
    RawClient client = server.connect();
    const RawResponse list = client.get("/?visitor=%3Cb%3E");
    CHECK(list.status == 200);
    CHECK(list.field("Content-Type") == "text/html; charset=utf-8");
    CHECK(list.body ==
          "<!doctype html>\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n  <title>Articles</title>\n</head>\n<body>\n"
          "  <h1>Articles</h1>\n  <p>Welcome, &lt;b&gt;.</p>\n  <ul>\n"
          "    <li><a href=\"/articles/ropes\">Ropes &amp; pulleys</a></li>\n"
          "    <li><a href=\"/articles/cabins\">What a cabin &lt;weighs&gt;</a> (new)</li>\n  </ul>\n</body>\n</html>\n");
    const RawResponse missing = client.get("/articles/other");
    CHECK(missing.status == 404);
    CHECK(missing.body.find("There is no article \"other\".") != std::string::npos);

    (void)folder.write("templates/articles/entry.mustache", "    <li>changed</li>\n");
    CHECK(client.get("/").body.find("<li>changed</li>\n    <li>changed</li>") != std::string::npos);
    (void)folder.write("templates/articles/entry.mustache", "{{#open}}");
    CHECK(client.get("/").body.find("<li>changed</li>") != std::string::npos);
    CHECK(eventually([&] { return server.standard_error().find("entry.mustache:1:1: unclosed section") != std::string::npos; }));
  }
}

TEST_CASE("a template with a mistake keeps the server from starting, with both places") {
  const TemporaryFolder folder;
  const std::string file = folder.write("ropeway.json", configuration_in(folder, Model{1, 1}));
  (void)folder.write("templates/articles/list.mustache", "<ul>\n  {{> articles/enty}}");
  ChildProcess check({example_program("templates"), "check", "--config", file}, folder.path().string());
  CHECK(check.wait() != 0);
  const std::string said = check.standard_error();
  CAPTURE(said);
  CHECK(said.find("ropeway.json:") != std::string::npos);
  CHECK(
      said.find("templates/articles/list.mustache:2:3: the partial \"articles/enty\" is missing; there are articles/entry, articles/list, "
                "articles/missing, articles/show, layout") != std::string::npos);
}

}  // namespace ropeway::testing::templates_test
