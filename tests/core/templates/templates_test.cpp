#include <doctest/doctest.h>

#include <filesystem>
#include <thread>

#include <ropeway/json.hpp>
#include <ropeway/templates.hpp>
#include <ropeway/testing/call.hpp>

#include "tests/support/json.hpp"
#include "tests/support/recording_services.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ropeway {
namespace {

using nlohmann::json;

struct Folder {
  testing::TemporaryFolder files;
  testing::RecordingLogger logger;

  Templates load(const std::string& layout = "", bool reload = false) { return Templates({files.path().string(), layout, reload}, logger); }
  std::string render(const std::string& text, const json& data) {
    (void)files.write("page.mustache", text);
    return load().text("page", data);
  }
  /// All mistakes, with FOLDER for its path.
  std::vector<std::string> mistakes(const std::string& layout = "") {
    std::vector<std::string> found;
    try {
      (void)load(layout);
    } catch (const ConfigErrors& errors) {
      for (const ConfigError& error : errors.all()) {
        std::string text = error.what();
        for (std::size_t at = 0; (at = text.find(files.path().string())) != std::string::npos;) {
          text.replace(at, files.path().string().size(), "FOLDER");
        }
        found.push_back(text);
      }
    }
    return found;
  }
};

}  // namespace

TEST_CASE("templates show values, sections and what is not there as Mustache says") {
  struct Case {
    const char* text;
    const char* data;
    const char* shown;
  };
  const std::vector<Case> cases{
      {"Hello, {{name}}!", R"({"name": "Ann"})", "Hello, Ann!"},
      {"{{text}} {{{text}}} {{&text}}", R"({"text": "<a href='x'>\"&\"</a>"})",
       "&lt;a href=&apos;x&apos;&gt;&quot;&amp;&quot;&lt;/a&gt; <a href='x'>\"&\"</a> <a href='x'>\"&\"</a>"},
      {"[{{missing}}{{missing.too}}{{null}}{{no}}{{empty}}]", R"({"null": null, "no": false, "empty": ""})", "[]"},
      {"{{a}} {{b}} {{c}} {{d}}", R"({"a": 7, "b": 0, "c": 1.5, "d": true})", "7 0 1.5 true"},
      {"{{a.b.c}}{{a.x.c}}", R"({"a": {"b": {"c": "deep"}}})", "deep"},
      {"{{#a}}{{b.c}}{{/a}}", R"({"a": {"b": {}}, "b": {"c": "outside"}})", ""},  // "b" is the inner one, which has no "c"
      {"{{#a}}{{name}}{{/a}}", R"({"a": {"x": 1}, "name": "outer"})", "outer"},
      {"{{#list}}({{.}}){{/list}}", R"({"list": [1, "b", true]})", "(1)(b)(true)"},
      {"{{#rows}}{{#.}}{{.}},{{/.}};{{/rows}}", R"({"rows": [[1, 2], [], [3]]})", "1,2,;;3,;"},
      {"{{#rows}}{{name}}:{{#cells}}{{v}}{{name}} {{/cells}}{{/rows}}",
       R"({"rows": [{"name": "a", "cells": [{"v": 1}, {"v": 2}]}, {"name": "b", "cells": [{"v": 3}]}]})", "a:1a 2a b:3b "},
      {"{{#yes}}1{{/yes}}{{^yes}}2{{/yes}}{{#no}}3{{/no}}{{^no}}4{{/no}}{{^missing}}5{{/missing}}{{^list}}6{{/list}}{{^text}}7{{/text}}",
       R"({"yes": true, "no": false, "list": [], "text": ""})", "14567"},
      {"{{#zero}}0 is a number{{/zero}}", R"({"zero": 0})", "0 is a number"},
      {"{{=<% %>=}}<%name%>{{name}}", R"({"name": "Ann"})", "Ann{{name}}"},
      {"a\n{{! a remark }}\n{{#list}}\n- {{.}}\n{{/list}}\nb\n", R"({"list": [1, 2]})", "a\n- 1\n- 2\nb\n"},
      {"a\n  {{#no}}\nb\n  {{/no}}\nc\n{{^no}}\nd\n{{/no}}\n", R"({"no": false})", "a\nc\nd\n"},
      {"a\n{{#list}}\n\n{{.}}\n{{/list}}\n\nb\n{{! remark }}\n\nc", R"({"list": [1, 2]})", "a\n\n1\n\n2\n\nb\n\nc"},
      {"{{#a}}\n{{#b}}\n  x\n{{/b}}\n{{/a}}\n{{^a}}{{/a}}y", R"({"a": true, "b": true})", "  x\ny"},
      {"{{=| |=}}\n|#a|\n\nx\n|/a|\n\n|={{ }}=|\n\n{{#a}}\n\n{{/a}}y", R"({"a": true})", "\nx\n\n\n\ny"},
      {"{{#a}}\r\nx\r\n{{/a}}\r\ny", R"({"a": true})", "x\r\ny"},
      {"{{.}}", R"("a text")", "a text"},
      {"{{#a}}{{#b}}{{x}}{{/b}}{{x}}{{/a}}", R"({"x": "o", "a": {"x": "i", "b": {"y": 1}}})", "ii"},
  };
  Folder folder;
  for (const Case& one : cases) {
    CAPTURE(one.text);
    CHECK(folder.render(one.text, testing::parsed_json(one.data)) == one.shown);
  }
}

TEST_CASE("what visitors write is never a template, nor a partial") {
  Folder folder;
  const json data{{"text", "{{secret}}{{> page}}"}, {"secret", "s"}, {"rendered", "{{secret}}"}};
  (void)folder.files.write("shown.mustache", "{{text}}{{{text}}}");
  CHECK(folder.render("{{> shown}}", data) == "{{secret}}{{&gt; page}}{{secret}}{{> page}}");
  (void)folder.files.write("page.mustache", "{{> text}}");
  CHECK(folder.mistakes().size() == 1);  // data named "text" is no partial
}

TEST_CASE("partials are templates of the same folder, with the values of where they stand") {
  Folder folder;
  (void)folder.files.write("rows/row.mustache", "<li>{{name}}</li>\n");
  CHECK(folder.render("<ul>\n{{#rows}}\n  {{> rows/row}}\n{{/rows}}\n</ul>\n", {{"rows", {{{"name", "a"}}, {{"name", "<b>"}}}}}) ==
        "<ul>\n  <li>a</li>\n  <li>&lt;b&gt;</li>\n</ul>\n");
  (void)folder.files.write("tree.mustache", "{{name}}({{#children}}{{> tree}}{{/children}})");
  const json leaf{{"name", "leaf"}, {"children", json::array()}};
  CHECK(folder.render("{{> tree}}", {{"name", "root"}, {"children", {leaf, leaf}}}) == "root(leaf()leaf())");
}

TEST_CASE("partials that stand in themselves for ever are an error of that page") {
  Folder folder;
  (void)folder.files.write("loop.mustache", "{{> loop}}{{> loop}}");
  CHECK_THROWS_WITH_AS((void)folder.render("{{> loop}}", {}),
                       "the partial \"loop\" stands in itself, or others in it, more than 64 times: put it into a section that ends",
                       std::runtime_error);
}

TEST_CASE("a layout stands around a page: its own, the folder's, or the call's") {
  Folder folder;
  (void)folder.files.write("outer.mustache", "<{{{content}}}>");
  (void)folder.files.write("inner.mustache", "{{! layout: outer }}\n[{{title}}: {{{content}}}]");
  (void)folder.files.write("own.mustache", "{{! layout: inner }}\n<b>{{text}}</b>");
  (void)folder.files.write("plain.mustache", "{{text}}");
  (void)folder.files.write("alone.mustache", "{{! layout: none }}{{text}}");
  const json data{{"title", "T"}, {"text", "&"}, {"content", "of the data"}};
  CHECK(folder.load().text("own", data) == "<[T: <b>&amp;</b>]>");
  CHECK(folder.load().text("plain", data) == "&amp;");
  const Templates templates = folder.load("outer");
  CHECK(templates.text("plain", data) == "<&amp;>");
  CHECK(templates.text("alone", data) == "&amp;");
  CHECK(templates.text("own", data) == "<[T: <b>&amp;</b>]>");
  CHECK(templates.text("plain", data, "inner") == "<[T: &amp;]>");
  CHECK(templates.text("plain", data, "") == "&amp;");
  const Response page = templates.render("plain", data);
  CHECK(page.headers().find("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.body().text() == "<&amp;>");
}

TEST_CASE("every mistake in a folder of templates is told with its file, line and column") {
  Folder folder;
  const std::string path = folder.files.path().string();
  CHECK(folder.mistakes() == std::vector<std::string>{"FOLDER: no template is there; their files have names such as page.mustache"});
  (void)folder.files.write("a.mustache", "one\n  {{#open}}\n");
  (void)folder.files.write("b.mustache", "x {{name");
  (void)folder.files.write("c.mustache", "\n\n{{/closed}}");
  (void)folder.files.write("d.mustache", "{{#a}}{{#b}}{{/a}}{{/b}}");
  (void)folder.files.write("e.mustache", "{{= ==}}");
  CHECK(folder.mistakes() ==
        std::vector<std::string>{"FOLDER/a.mustache:2:3: unclosed section \"open\"", "FOLDER/b.mustache:1:3: unclosed tag",
                                 "FOLDER/c.mustache:3:1: unopened section \"closed\"", "FOLDER/d.mustache:1:1: unclosed section \"a\"",
                                 "FOLDER/e.mustache:1:1: invalid set delimiter tag"});
  for (const char* name : {"a", "b", "c", "d", "e"}) std::filesystem::remove(path + "/" + name + ".mustache");
  (void)folder.files.write("page.mustache", "{{! layout: frame }}\n<p>\n {{#x}}{{> rows/rwo}}{{/x}}{{> ../page}}");
  (void)folder.files.write("rows/row.mustache", "");
  CHECK(folder.mistakes() ==
        std::vector<std::string>{"FOLDER/page.mustache:3:8: the partial \"rows/rwo\" is missing; there are page, rows/row",
                                 "FOLDER/page.mustache:3:28: the partial \"../page\" is missing; there are page, rows/row",
                                 "FOLDER/page.mustache:1:1: the layout \"frame\" is missing; there are page, rows/row"});
  (void)folder.files.write("page.mustache", "{{! layout: rows/row }}");
  (void)folder.files.write("rows/row.mustache", "{{! layout: page }}");
  CHECK(folder.mistakes("frame") ==
        std::vector<std::string>{
            "FOLDER/page.mustache:1:1: the layout \"rows/row\" comes back to \"page\": take the layout from one of them",
            "FOLDER/rows/row.mustache:1:1: the layout \"page\" comes back to \"rows/row\": take the layout from one of them",
            "the layout \"frame\" is missing; there are page, rows/row"});
}

TEST_CASE("a template that leads out of its folder is a mistake") {
  Folder folder;
  const testing::TemporaryFolder elsewhere;
  std::filesystem::create_symlink(elsewhere.write("secret.mustache", "s"), folder.files / "page.mustache");
  CHECK(folder.mistakes() == std::vector<std::string>{"FOLDER/page.mustache: leads out of FOLDER; put the file itself there"});
}

TEST_CASE("pages that a handler needs are asked for when it is made") {
  Folder folder;
  (void)folder.files.write("page.mustache", "");
  const Templates templates = folder.load();
  CHECK_NOTHROW(templates.require({"page"}));
  CHECK_THROWS_WITH_AS(templates.require({"page", "pgae"}), "the template \"pgae\" is missing; there are page", ConfigErrors);
  CHECK_THROWS_WITH_AS((void)templates.text("pgae", {}), "there is no template \"pgae\"; there are page", std::invalid_argument);
  CHECK_THROWS_WITH_AS((void)templates.text("page", {}, "x"), "there is no layout \"x\"; there are page", std::invalid_argument);
}

TEST_CASE("templates that are reloaded follow their files, and outlive mistakes in them") {
  Folder folder;
  (void)folder.files.write("page.mustache", "one");
  const Templates fixed = folder.load();
  const Templates templates = folder.load("", true);
  CHECK(templates.text("page", {}) == "one");
  (void)folder.files.write("page.mustache", "two and more");
  CHECK(templates.text("page", {}) == "two and more");
  CHECK(fixed.text("page", {}) == "one");
  (void)folder.files.write("page.mustache", "{{#open}}");
  CHECK(templates.text("page", {}) == "two and more");
  CHECK(templates.text("page", {}) == "two and more");
  (void)folder.files.write("page.mustache", "three");
  CHECK(templates.text("page", {}) == "three");
  const std::string file = folder.files / "page.mustache";
  const std::string path = folder.files.path().string();
  CHECK(folder.logger.lines() == std::vector<std::string>{"info: templates were read again folder=" + path,
                                                          "error: a template has a mistake; the templates stay as they were error=" + file +
                                                              ":1:1: unclosed section \"open\"",
                                                          "info: templates were read again folder=" + path});
}

TEST_CASE("many threads render the same template") {
  Folder folder;
  (void)folder.files.write("row.mustache", "{{.}},");
  (void)folder.files.write("page.mustache", "{{#list}}{{> row}}{{/list}}");
  const Templates templates = folder.load("", true);
  std::vector<std::string> shown(4);
  std::vector<std::thread> threads;
  for (std::string& text : shown) {
    threads.emplace_back([&text, &templates] {
      for (int i = 0; i < 50; ++i) text = templates.text("page", {{"list", {1, 2, 3}}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : shown) CHECK(text == "1,2,3,");
}

}  // namespace ropeway
