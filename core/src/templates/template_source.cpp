#include "core/src/templates/template_source.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <kainjow/mustache.hpp>

namespace ropeway::templates {
namespace {

using Component = kainjow::mustache::component<std::string>;
using Components = std::vector<Component>;
using Tag = kainjow::mustache::tag_type;

constexpr std::string_view layout_word = "layout:";

/// Something that stands in the place of a part of the text.
struct Edit {
  std::size_t begin;
  std::size_t end;
  std::string text;
};

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// The language asks that a line with nothing but the tag of a section, a comment or a change of delimiters be gone. The library sees to that for
// sections that are shown, and for nothing else; so these lines are taken out of the text before it is compiled. What the library then takes for
// such a line, since it follows one, is an empty line of the author's: its end becomes a value, which the library leaves alone.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  void read(const Components& components, bool is_root) {
    for (std::size_t i = 0; i < components.size(); ++i) {
      const Component& component = components[i];
      switch (component.tag.type) {
        case Tag::partial: source_.partials.push_back({component.tag.name, place_in(text_, component.position)}); break;
        case Tag::comment:
          note_layout(component);
          cut_line(components, i, is_root);
          break;
        case Tag::set_delimiter:
          delimiters_ = *component.tag.delim_set;
          cut_end(components, i, components, i + 1, is_root);
          break;
        case Tag::section_begin:
        case Tag::section_begin_inverted: read_section(components, i, is_root); break;
        default: break;
      }
    }
  }

  TemplateSource finish() {
    std::size_t kept = 0;
    for (const Edit& edit : edits_) {
      source_.text.append(text_.substr(kept, edit.begin - kept)).append(edit.text);
      kept = edit.end;
    }
    source_.text.append(text_.substr(kept));
    return std::move(source_);
  }

 private:
  void note_layout(const Component& comment) {
    const std::string_view words = trimmed(comment.tag.name);
    if (!words.starts_with(layout_word) || source_.layout) return;
    source_.layout = Reference{std::string(trimmed(words.substr(layout_word.size()))), place_in(text_, comment.position)};
  }

  void read_section(const Components& components, std::size_t index, bool is_root) {
    const Components& inside = components[index].children;
    if (inside.empty()) return;  // both tags stand on one line
    cut_end(components, index, inside, 0, is_root);
    read(inside, false);
    const std::size_t end =
        inside.front().position + components[index].tag.section_text->size();  // of what is inside: there the closing tag begins
    if (const auto first = line_start(inside, inside.size(), false)) {
      if (const auto line = line_end(components, index + 1, is_root)) {
        // Spaces before the closing tag go with the line.
        if (*first < inside.size()) edits_.push_back({inside[*first].position, end, {}});
        cut_to(components, index + 1, *line);
      }
    }
  }

  /// The first of the components before `index` that stand on its line, where they are nothing but spaces.
  static std::optional<std::size_t> line_start(const Components& components, std::size_t index, bool is_root) {
    while (index > 0 && components[index - 1].is_non_newline_whitespace()) --index;
    const bool starts = index > 0 ? components[index - 1].is_newline() : is_root;
    return starts ? std::optional(index) : std::nullopt;
  }
  /// The end of the line that goes on at `index`, where it has nothing but spaces: its newline's number, or the number of all at the text's end.
  static std::optional<std::size_t> line_end(const Components& components, std::size_t index, bool is_root) {
    while (index < components.size() && components[index].is_non_newline_whitespace()) ++index;
    const bool ends = index < components.size() ? components[index].is_newline() : is_root;
    return ends ? std::optional(index) : std::nullopt;
  }

  /// Where the tag at `index` stands alone, takes the whole line out.
  void cut_line(const Components& components, std::size_t index, bool is_root) {
    const auto first = line_start(components, index, is_root);
    const auto line = line_end(components, index + 1, is_root);
    if (!first || !line) return;
    edits_.push_back({components[*first].position, end_of(components, *line), {}});
    guard(components, *line + 1);
  }
  /// The same, but for the tag itself.
  void cut_end(const Components& components, std::size_t index, const Components& behind, std::size_t next, bool is_root) {
    const auto first = line_start(components, index, is_root);
    const auto line = line_end(behind, next, is_root && &behind == &components);
    if (!first || !line) return;
    if (*first < index) edits_.push_back({components[*first].position, components[index].position, {}});
    cut_to(behind, next, *line);
  }
  void cut_to(const Components& components, std::size_t next, std::size_t line) {
    if (next < components.size()) edits_.push_back({components[next].position, end_of(components, line), {}});
    guard(components, line + 1);
  }
  [[nodiscard]] std::size_t end_of(const Components& components, std::size_t line) const {
    return line < components.size() ? components[line].position + components[line].text.size() : text_.size();
  }

  /// Keeps a line that is empty although it follows a tag.
  void guard(const Components& components, std::size_t index) {
    while (index < components.size() && components[index].is_non_newline_whitespace()) ++index;
    if (index >= components.size() || !components[index].is_newline()) return;
    const Component& newline = components[index];
    edits_.push_back({newline.position, newline.position + newline.text.size(), delimiters_.begin + "&" + newline_name + delimiters_.end});
  }

  std::string_view text_;
  TemplateSource source_;
  std::vector<Edit> edits_;  // in the order of the text
  kainjow::mustache::delimiter_set<std::string> delimiters_;
};

// "Unclosed tag at 17": the library's words, and then the position.
TemplateFault fault_of(std::string_view text, std::string_view message) {
  const std::size_t at = std::min(message.rfind(" at "), message.size());
  std::size_t position = 0;
  if (at < message.size()) std::from_chars(message.data() + at + 4, message.data() + message.size(), position);
  std::string words(message.substr(0, at));
  if (!words.empty() && words.front() >= 'A' && words.front() <= 'Z') words.front() = static_cast<char>(words.front() - 'A' + 'a');
  return {place_in(text, position), std::move(words)};
}

}  // namespace

Place place_in(std::string_view text, std::size_t position) noexcept {
  const std::string_view before = text.substr(0, position);
  const std::size_t last = before.rfind('\n');
  return {static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1,
          before.size() - (last == std::string_view::npos ? 0 : last + 1) + 1};
}

std::variant<TemplateSource, TemplateFault> read_template(std::string_view text) {
  kainjow::mustache::context<std::string> nothing;
  kainjow::mustache::context_internal<std::string> context(nothing);
  Component root;
  std::string error;
  const kainjow::mustache::parser<std::string> parser(std::string(text), context, root, error);
  if (!error.empty()) return fault_of(text, error);
  Reader reader(text);
  reader.read(root.children, true);
  return reader.finish();
}

}  // namespace ropeway::templates
