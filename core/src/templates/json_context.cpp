#include "core/src/templates/json_context.hpp"

#include <stdexcept>
#include <utility>

#include "core/src/templates/template_source.hpp"

namespace ropeway::templates {
namespace {

using nlohmann::json;

constexpr unsigned most_depth = 64;

// A name that no file can have written with a keyboard: what the last partial rendered.
constexpr const char* rendered_name = "\x01";
constexpr const char* rendered_tag = "{{{\x01}}}";

const json& nothing() {
  static const json null;
  return null;
}

/// What the library writes to.
struct Output {
  std::string& text;
  Output& operator<<(const std::string& piece) {
    text += piece;
    return *this;
  }
};

const json* member(const json& value, std::string_view name) {
  if (!value.is_object()) return nullptr;
  const auto found = value.find(name);
  return found == value.end() ? nullptr : &*found;
}

}  // namespace

JsonContext::JsonContext(const TemplateSet& set, const json& data)
    : set_(set), stack_{&data}, partial_(kainjow::mustache::partial([this] { return render_partial(); })) {}

std::string JsonContext::render(const Template& page) {
  std::string text;
  Output output{text};
  page.compiled->render(*this, output);
  return text;
}

void JsonContext::set_content(std::string text) {
  content_ = Data(text);
  has_content_ = true;
}

void JsonContext::push(const Data* data) {
  const json* value = &nothing();
  if (data == &value_) {
    value = value_json_;
  } else if (auto after = elements_.upper_bound(data); after != elements_.begin()) {
    const auto& [first, array] = *--after;
    const auto index = static_cast<std::size_t>(data - first);
    if (index < array->size()) value = &(*array)[index];
  }
  stack_.push_back(value);
}

const JsonContext::Data* JsonContext::get(const std::string& name) const {
  if (name == rendered_name) return &rendered_;
  if (name == newline_name) return &newline_;
  if (has_content_ && name == "content") return &content_;
  const json* const value = find(name);
  return value == nullptr ? nullptr : data_of(*value);
}

// Of "a.b", "a" is looked for outwards, and "b" in it alone.
const json* JsonContext::find(std::string_view name) const {
  if (name == ".") return stack_.back();
  std::size_t dot = name.find('.');
  const json* value = nullptr;
  for (auto level = stack_.rbegin(); level != stack_.rend() && value == nullptr; ++level) value = member(**level, name.substr(0, dot));
  while (value != nullptr && dot != std::string_view::npos) {
    name.remove_prefix(dot + 1);
    dot = name.find('.');
    value = member(*value, name.substr(0, dot));
  }
  return value;
}

const JsonContext::Data* JsonContext::data_of(const json& value) const {
  using Type = Data::type;
  if (value.is_array() && !value.empty()) return list_of(value);
  value_json_ = &value;
  if (value.is_object()) {
    value_ = Data(Type::object);
  } else if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
    value_ = Data(value.get_ref<const std::string&>());
  } else if (value.is_number() || (value.is_boolean() && value.get<bool>())) {
    value_ = Data(value.dump());
  } else {
    value_ = Data(Type::bool_false);
  }
  return &value_;
}

const JsonContext::Data* JsonContext::list_of(const json& array) const {
  auto [place, is_new] = lists_.try_emplace(&array);
  if (is_new) {
    place->second = Data(kainjow::mustache::list(array.size(), Data(Data::type::bool_true)));
    elements_[place->second.list_value().data()] = &array;
  }
  return &place->second;
}

const JsonContext::Data* JsonContext::get_partial(const std::string& name) const {
  wanted_ = set_.find(name);
  return wanted_ == nullptr ? nullptr : &partial_;  // every one that is named is there: `TemplateSet::load` has seen to it
}

// The library takes what this gives for a template, so it is one that has the text as a value.
std::string JsonContext::render_partial() {
  const Template& page = *wanted_;
  if (depth_ == most_depth) {
    throw std::runtime_error("the partial \"" + page.name + "\" stands in itself, or others in it, more than " +
                             std::to_string(most_depth) + " times: put it into a section that ends");
  }
  ++depth_;
  std::string text = render(page);
  --depth_;
  if (text.ends_with('\n')) text.pop_back();  // of the file's last line: the line that the tag stands on has an end of its own
  if (text.ends_with('\r')) text.pop_back();
  rendered_ = Data(text);
  return rendered_tag;
}

}  // namespace ropeway::templates
