#include "core/src/config/source_map.hpp"

#include <charconv>

#include "core/src/config/printable.hpp"
#include "core/src/config/syntax.hpp"

namespace ropeway::config {
namespace {

using nlohmann::json;

/// Builds the value and the map together. nlohmann's reader reports tokens in the order of the text, but not where they are, so a
/// cursor walks the same text in step: from the end of one token past blanks, commas and colons to the beginning of the next.
class SourceReader final : public nlohmann::json_sax<json> {
 public:
  explicit SourceReader(std::string_view text) : text_(text) {
    if (text.starts_with("\xEF\xBB\xBF")) state_.last_begin = state_.last_end = 3;
  }

  bool null() override { return scalar(nullptr, 4); }
  bool boolean(bool value) override { return scalar(value, value ? 4 : 5); }
  bool number_integer(number_integer_t value) override { return number(value); }
  bool number_unsigned(number_unsigned_t value) override { return number(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return number(value); }
  bool string(string_t& value) override {
    const std::size_t begin = next_token();
    return scalar(std::move(value), string_end(text_, begin) - begin);
  }
  bool binary(binary_t& /*value*/) override { return false; }  // JSON text has none

  bool start_object(std::size_t /*size*/) override { return open(json::object(), ReadingState::After::open_object); }
  bool start_array(std::size_t /*size*/) override { return open(json::array(), ReadingState::After::open_array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    key_begin_ = next_token();
    key_ = std::move(name);
    advance(key_begin_, string_end(text_, key_begin_), ReadingState::After::key);
    const Frame& frame = frames_.back();
    if (frame.value->contains(key_)) report_repeated(*frame.node);
    return true;
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const json::exception& /*error*/) override {
    fail(explain(text_, state_));
    return false;
  }

  [[nodiscard]] Source finish() {
    if (!failed_ && skip_blank(text_, state_.last_end) != text_.size()) fail(explain(text_, state_));
    Source source{std::nullopt, SourceMap(std::move(root_node_)), std::move(mistakes_)};
    if (!failed_) source.value = std::move(root_);
    return source;
  }

 private:
  struct Frame {
    json* value;
    SourceMap::Node* node;
    std::size_t opened;
  };

  [[nodiscard]] std::size_t next_token() const {
    std::size_t offset = skip_blank(text_, state_.last_end);
    while (offset < text_.size() && (text_[offset] == ',' || text_[offset] == ':')) offset = skip_blank(text_, offset + 1);
    return offset;
  }

  void advance(std::size_t begin, std::size_t end, ReadingState::After after) {
    state_.after = after;
    state_.last_begin = begin;
    state_.last_end = end;
    state_.opened = frames_.empty() ? std::nullopt : std::optional(frames_.back().opened);
  }

  [[nodiscard]] ReadingState::After after_value() const {
    if (frames_.empty()) return ReadingState::After::everything;
    return frames_.back().node->is_array ? ReadingState::After::element : ReadingState::After::member;
  }

  template <class Number>
  bool number(Number value) {
    const std::size_t begin = next_token();
    return scalar(value, number_end(text_, begin) - begin);
  }

  bool scalar(json value, std::size_t length) {
    const std::size_t begin = next_token();
    place(std::move(value), begin);
    advance(begin, begin + length, after_value());
    return true;
  }

  bool open(json value, ReadingState::After after) {
    const std::size_t begin = next_token();
    if (frames_.size() == deepest_nesting) {
      fail({begin, "nested deeper than " + std::to_string(deepest_nesting) + " levels"});
      return false;
    }
    frames_.push_back(place(std::move(value), begin));
    frames_.back().node->is_array = after == ReadingState::After::open_array;
    advance(begin, begin + 1, after);
    return true;
  }

  bool close() {
    frames_.pop_back();
    const std::size_t bracket = next_token();
    advance(bracket, bracket + 1, after_value());
    return true;
  }

  /// Puts a value where it belongs. The addresses stay good until the next value beside it, which comes after this one is closed.
  Frame place(json value, std::size_t begin) {
    if (frames_.empty()) {
      root_ = std::move(value);
      root_node_.key = root_node_.value = begin;
      return {&root_, &root_node_, begin};
    }
    Frame& parent = frames_.back();
    SourceMap::Node& node = parent.node->children.emplace_back();
    node.value = begin;
    if (parent.node->is_array) {
      node.key = begin;
      return {&parent.value->emplace_back(std::move(value)), &node, begin};
    }
    node.key = key_begin_;
    node.name = key_;
    json& member = (*parent.value)[key_];
    member = std::move(value);
    return {&member, &node, begin};
  }

  void report_repeated(const SourceMap::Node& object) {
    if (mistakes_.size() == most_mistakes) return;
    std::size_t first = key_begin_;
    for (const SourceMap::Node& child : object.children) {
      if (child.name == key_) {
        first = child.key;
        break;
      }
    }
    const LineColumn place = line_and_column(text_, first);
    mistakes_.push_back({key_begin_, pointer_to(pointer(), key_),
                         in_quotes(key_) + " is repeated: it is already set in line " + std::to_string(place.line) + ", column " +
                             std::to_string(place.column)});
  }

  /// The pointer of the innermost object or array that is open.
  [[nodiscard]] std::string pointer() const {
    std::string result;
    for (std::size_t i = 1; i < frames_.size(); ++i) {
      const SourceMap::Node& parent = *frames_[i - 1].node;
      result = parent.is_array ? pointer_to(result, parent.children.size() - 1) : pointer_to(result, frames_[i].node->name);
    }
    return result;
  }

  void fail(SyntaxFault fault) {
    failed_ = true;
    mistakes_.push_back({fault.offset, pointer(), std::move(fault.message)});
  }

  std::string_view text_;
  ReadingState state_;
  std::vector<Frame> frames_;
  std::string key_;
  std::size_t key_begin_ = 0;
  json root_;
  SourceMap::Node root_node_;
  std::vector<TextMistake> mistakes_;
  bool failed_ = false;
};

std::string unescaped(std::string_view step) {
  std::string result;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1')) {
      result += step[++i] == '0' ? '~' : '/';
    } else {
      result += step[i];
    }
  }
  return result;
}

const SourceMap::Node* child_of(const SourceMap::Node& node, std::string_view step) {
  if (node.is_array) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    const bool good = error == std::errc{} && end == step.data() + step.size() && index < node.children.size();
    return good ? &node.children[index] : nullptr;
  }
  const std::string name = unescaped(step);
  for (auto child = node.children.rbegin(); child != node.children.rend(); ++child) {  // a repeated key has its last value
    if (child->name == name) return &*child;
  }
  return nullptr;
}

}  // namespace

SourceMap::Found SourceMap::find(std::string_view pointer) const {
  const Node* node = &root_;
  while (pointer.starts_with('/')) {
    pointer.remove_prefix(1);
    const std::string_view step = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(step.size());
    const Node* child = child_of(*node, step);
    if (child == nullptr) return {node, false};
    node = child;
  }
  return {node, pointer.empty()};
}

std::size_t SourceMap::key(std::string_view pointer) const {
  const Found found = find(pointer);
  return found.exact ? found.node->key : found.node->value;
}

std::string pointer_to(std::string_view base, std::string_view name) {
  std::string result(base);
  result += '/';
  for (const char c : name) {
    if (c == '~') {
      result += "~0";
    } else if (c == '/') {
      result += "~1";
    } else {
      result += c;
    }
  }
  return result;
}

std::string pointer_to(std::string_view base, std::size_t index) { return std::string(base) + '/' + std::to_string(index); }

Source read_source(std::string_view text) {
  Source refused;
  if (text.size() > largest_text) {
    refused.mistakes.push_back({0, {}, "the file is larger than " + std::to_string(largest_text / 1024 / 1024) + " MiB"});
    return refused;
  }
  if (const auto fault = encoding_fault(text)) {
    refused.mistakes.push_back({fault->offset, {}, fault->message});
    return refused;
  }
  SourceReader reader(text);
  json::sax_parse(text.begin(), text.end(), &reader, json::input_format_t::json, true, true);
  return reader.finish();
}

}  // namespace ropeway::config
