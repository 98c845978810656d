#include "handlers/static_files/file_rules.hpp"

#include <algorithm>

#include "handlers/vary.hpp"

namespace ropeway::handlers {
namespace {

constexpr std::string_view cache_control_field = "Cache-Control";

/// Fields that say what the content is or how the message is framed; a rule that set them would make the response wrong.
[[nodiscard]] std::string rule_refusal(std::string_view name) {
  if (same_field_name(name, cache_control_field)) return "write this as `cache_control`";
  for (const auto reserved : {"Content-Length", "Transfer-Encoding", "Connection", "Date", "ETag", "Last-Modified", "Accept-Ranges",
                              "Content-Range", "Content-Encoding", "Content-Type"}) {
    if (same_field_name(name, reserved)) return "the server itself sets `" + std::string(name) + "`: remove it";
  }
  return {};
}

[[nodiscard]] Setting cache_control_setting(std::string text) {
  return Setting::string("cache_control", std::move(text)).by_default("\"\"");
}

[[nodiscard]] Setting headers_setting(std::string text) {
  return Setting::map("headers", std::move(text), Setting::string("value", "The value of the field.")).by_default("{}");
}

/// What the server itself says a response depends on stays said.
void put(Headers& headers, std::string_view name, std::string_view value) {
  if (!same_field_name(name, "Vary")) return headers.set(name, value);
  while (!value.empty()) {
    if (const std::string_view element = take_element(value); !element.empty()) add_vary(headers, element);
  }
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) noexcept {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;  // the last "*", and how much of the text it stands for so far
  std::size_t taken = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      taken = i;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[i])) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++taken;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

void FileRules::declare(Settings& settings) {
  settings.push_back(cache_control_setting("`Cache-Control` of files, for example \"max-age=3600\"; none where empty."));
  settings.push_back(headers_setting("Further header fields of every file and listing."));
  settings.push_back(
      Setting::list(
          "rules", "Fields for some of the files.",
          Setting::object("rule", "What some of the files get.",
                          {Setting::string("match",
                                           "Which files: `*` stands for any characters, `?` for one. Without \"/\" it is compared with "
                                           "the file's name (\"*.js\"), with \"/\" with its path below the root (\"/assets/*\").")
                               .at_least(1)
                               .required(),
                           cache_control_setting("`Cache-Control` of these files; the first rule that has one counts."),
                           headers_setting("Further header fields of these files; a later rule's replaces an earlier one's.")}))
          .at_most(most_rules)
          .by_default("[]"));
}

FileRules::FileRules(const ConfigNode& options) {
  MistakeCollector mistakes;
  cache_control_ = mistakes.collect([&] { return read_field_value(options, "cache_control"); });
  fields_ = mistakes.collect([&] { return read_fields(options, "headers", rule_refusal); });
  for (const ConfigNode& node : options.list("rules")) {
    Rule& rule = rules_.emplace_back();
    rule.pattern = node.string("match");
    rule.whole_path = rule.pattern.find('/') != std::string::npos;
    if (rule.pattern.starts_with('/')) rule.pattern.erase(0, 1);
    rule.cache_control = mistakes.collect([&] { return read_field_value(node, "cache_control"); });
    rule.fields = mistakes.collect([&] { return read_fields(node, "headers", rule_refusal); });
  }
  mistakes.throw_if_any();
}

FileRules::Matched FileRules::match(std::string_view path) const noexcept {
  const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  Matched matched = 0;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (matches_glob(rules_[i].pattern, rules_[i].whole_path ? path : name)) matched |= Matched{1} << i;
  }
  return matched;
}

void FileRules::apply_to_all(Headers& headers) const {
  for (const auto& [name, value] : fields_) put(headers, name, value);
}

void FileRules::apply(Matched matched, Headers& headers) const {
  apply_to_all(headers);
  std::string_view cache_control = cache_control_;
  bool chosen = false;
  for (std::size_t i = 0; matched >> i != 0; ++i) {
    if ((matched >> i & 1U) == 0) continue;
    const Rule& rule = rules_[i];
    for (const auto& [name, value] : rule.fields) put(headers, name, value);
    if (!chosen && !rule.cache_control.empty()) {
      cache_control = rule.cache_control;
      chosen = true;
    }
    if (i == most_rules - 1) break;  // a shift by 64 is undefined
  }
  if (!cache_control.empty()) headers.add(cache_control_field, cache_control);
}

}  // namespace ropeway::handlers
