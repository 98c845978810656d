#include "core/src/templates/template_source.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>

#include <kainjow/mustache.hpp>

namespace ropeway::templates {

TEST_CASE("whatever a file holds, it has a fault with a place in it, or becomes a text that compiles") {
  constexpr std::array pieces{"{{#a}}",  "{{/a}}", "{{^b}}",  "{{/b}}", "{{! c }}", "{{=| |=}}", "|={{ }}=|", "|#a|",
                              "|/a|",    "|! c|",  "\n",      "\n",     "\r\n",     " ",         "\t",        "x",
                              "{{{x}}}", "{{&x}}", "{{> p}}", "{{",     "}}",       "{",         "=",         "\n  "};
  std::mt19937 random(1);
  unsigned good = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (unsigned count = static_cast<unsigned>(random()) % 14; count > 0; --count) text += pieces[random() % pieces.size()];
    CAPTURE(text);
    const auto read = read_template(text);
    if (const auto* fault = std::get_if<TemplateFault>(&read)) {
      CHECK_FALSE(fault->message.empty());
      CHECK(place_in(text, text.size()).line >= fault->place.line);
      continue;
    }
    ++good;
    const kainjow::mustache::mustache compiled(std::get<TemplateSource>(read).text);
    CHECK_MESSAGE(compiled.is_valid(), std::get<TemplateSource>(read).text, compiled.error_message());
  }
  CHECK(good > 1000);
}

}  // namespace ropeway::templates
