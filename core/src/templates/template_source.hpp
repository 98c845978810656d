#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ropeway::templates {

/// A place in a file, both from 1; columns are bytes.
struct Place {
  std::size_t line = 1;
  std::size_t column = 1;
};
[[nodiscard]] Place place_in(std::string_view text, std::size_t position) noexcept;

/// The name of a value that is a line's end, which `TemplateSource::text` may have.
inline constexpr const char* newline_name = "\x02";

/// Another template that one names.
struct Reference {
  std::string name;
  Place place;
};

/// What a template's file says.
struct TemplateSource {
  std::string text;                 // without the lines on which a comment or the like stands alone
  std::vector<Reference> partials;  // as they stand in the file
  std::optional<Reference> layout;  // by the comment `layout: NAME`
};

struct TemplateFault {
  Place place;
  std::string message;
};

/// Reads a file's text; a mistake in its grammar is a fault.
[[nodiscard]] std::variant<TemplateSource, TemplateFault> read_template(std::string_view text);

}  // namespace ropeway::templates
