#include "core/src/routing/pattern.hpp"

#include <doctest/doctest.h>

#include <ropeway/config_node.hpp>

using ropeway::ConfigError;
using ropeway::routing::common_path;
using ropeway::routing::Pattern;
using ropeway::routing::Segment;

namespace {

// "GET|host|hello/{name}/{rest...}/{$}" with what each piece means.
std::string shown(const Pattern& pattern) {
  std::string text = pattern.method + '|' + pattern.host + '|';
  for (const Segment& segment : pattern.segments) {
    switch (segment.kind) {
      case Segment::Kind::literal: text += "=" + segment.text + ' '; break;
      case Segment::Kind::single: text += "{" + segment.text + "} "; break;
      case Segment::Kind::rest: text += "{" + segment.text + "...} "; break;
      case Segment::Kind::end: text += "$ "; break;
    }
  }
  return text;
}

}  // namespace

TEST_CASE("a pattern is read into method, host and segments") {
  struct Case {
    std::string text;
    std::string expected;
  };
  const Case cases[] = {
      {"/", "||{...} "},
      {"/{$}", "||$ "},
      {"/hello", "||=hello "},
      {"/hello/", "||=hello {...} "},
      {"/hello/{$}", "||=hello $ "},
      {"/hello/{name}", "||=hello {name} "},
      {"/hello/{name}/", "||=hello {name} {...} "},
      {"/{rest...}", "||{rest...} "},
      {"/a/{b}/c/{d...}", "||=a {b} =c {d...} "},
      {"GET /hello", "GET||=hello "},
      {"GET  \t /hello", "GET||=hello "},
      {"PROPFIND /x", "PROPFIND||=x "},
      {"example.org/", "|example.org|{...} "},
      {"POST Example.ORG./x", "POST|example.org|=x "},
      {"*.Example.org/x", "|*.example.org|=x "},
      {"[::1]/x", "|[::1]|=x "},
      {"localhost/x", "|localhost|=x "},
      {"/a%20b", "||=a b "},
      {"/%7Bname%7D", "||={name} "},
      {"/a%252Fb", "||=a%2Fb "},
      {"/caf\xc3\xa9", "||=caf\xc3\xa9 "},
      {"/{_a1}", "||{_a1} "},
      {"/.well-known/x", "||=.well-known =x "},
      {"/a:b;c=d@e", "||=a:b;c=d@e "},
      {"/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}",
       "||{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l} {m} {n} {o} {p} "},
  };
  for (const Case& test : cases) {
    CAPTURE(test.text);
    CHECK(shown(Pattern::parse(test.text, "/routes/0")) == test.expected);
    CHECK(Pattern::parse(test.text, "").text == test.text);
  }
}

TEST_CASE("a malformed pattern is refused with its place and what is wrong") {
  struct Case {
    std::string text;
    int column;
    std::string message;
  };
  const Case cases[] = {
      {"", 1, "is empty"},
      {"hello", 6, "has no path"},
      {"GET", 4, "has no path"},
      {"GET ", 5, "has no path"},
      {" /x", 1, "begins with a space"},
      {"G(T /x", 2, "the method has a character"},
      {"get /x", 1, "methods are case-sensitive"},
      {"/a b", 3, "a space in the path"},
      {"GET /a b", 7, "a space or control character in the path"},
      {"/a//b", 4, "an empty segment"},
      {"//", 2, "an empty segment"},
      {"/{", 2, "ends with \"}\""},
      {"/{}", 3, "needs a name"},
      {"/{...}", 3, "needs a name"},
      {"/{a", 2, "ends with \"}\""},
      {"/a}", 3, "must be a whole segment"},
      {"/x{a}", 3, "must be a whole segment"},
      {"/{a}x", 2, "ends with \"}\""},
      {"/{a}{b}", 2, "ends with \"}\""},
      {"/{1a}", 3, "does not begin with a digit"},
      {"/{a-b}", 3, "letters, digits"},
      {"/{a..}", 3, "letters, digits"},
      {"/{$}/", 2, "only stand at the end"},
      {"/{$}/x", 2, "only stand at the end"},
      {"/{a...}/", 2, "only stand at the end"},
      {"/{a...}/x", 2, "only stand at the end"},
      {"/{a}/{a}", 7, "stands there twice"},
      {"/{a}/{a...}", 7, "stands there twice"},
      {"{a}/x", 1, "\"{\" in the host"},
      {"example.org:80/x", 12, "a host has no port"},
      {"a..b/x", 3, "an empty label"},
      {".a/x", 1, "an empty label"},
      {"*../x", 1, "a domain was expected"},
      {"*./x", 1, "only stand at the beginning"},
      {"a.*.b/x", 3, "only stand at the beginning"},
      {"*/x", 1, "only stand at the beginning"},
      {"b\xc3\xbc"
       "cher.example/x",
       2, "xn--"},
      {"/%", 2, "malformed percent-escape"},
      {"/%4", 2, "malformed percent-escape"},
      {"/%zz", 2, "malformed percent-escape"},
      {"/%00", 2, "malformed percent-escape"},
      {"/a%2Fb", 3, "encoded slash"},
      {"/./a", 2, "can never match"},
      {"/a/..", 4, "can never match"},
      {"/%2e%2E", 2, "can never match"},
      {"/a?b=c", 3, "no query"},
      {"/a#b", 3, "no fragment"},
      {"/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}/{q}", 66, "more than 16 parameters"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.text);
    try {
      (void)Pattern::parse(test.text, "/routes/7");
      FAIL_CHECK("was accepted");
    } catch (const ConfigError& error) {
      const std::string message = error.what();
      CAPTURE(message);
      CHECK(error.pointer() == "/routes/7");
      CHECK(message.find("pattern \"" + test.text + "\", column " + std::to_string(test.column) + ": ") == 0);
      CHECK(message.find(test.message) != std::string::npos);
    }
  }
}

TEST_CASE("parameters are listed in the order of the path, and the rest behind a final slash is none") {
  CHECK(Pattern::parse("/{b}/x/{a}/{c...}", "").parameters == std::vector<std::string>{"b", "a", "c"});
  CHECK(Pattern::parse("/{b}/", "").parameters == std::vector<std::string>{"b"});
}

TEST_CASE("a host of more than 253 characters is refused") {
  const std::string label = std::string(50, 'a') + '.';
  const std::string host = label + label + label + label + std::string(49, 'b');
  CHECK(Pattern::parse(host + "/", "").host == host);
  CHECK_THROWS_AS((void)Pattern::parse(host + "bbbbb/", ""), ConfigError);
}

TEST_CASE("two patterns that overlap have a path in common") {
  struct Case {
    std::string left;
    std::string right;
    std::string expected;
  };
  const Case cases[] = {
      {"/a/{x}", "/{y}/b", "/a/b"}, {"/{y}/b", "/a/{x}", "/a/b"},  {"/{x...}", "/a/b", "/a/b"}, {"/a/", "/{x}/b/c", "/a/b/c"},
      {"/", "/{$}", "/"},           {"/a/{x...}", "/{y}/", "/a/"}, {"/{x}", "/{y}", "/x"},      {"/a/{x...}", "/{y}/{$}", "/a/"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.left);
    CAPTURE(test.right);
    CHECK(common_path(Pattern::parse(test.left, ""), Pattern::parse(test.right, "")) == test.expected);
  }
}
