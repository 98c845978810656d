// JSON as the content of requests and responses: what is wrong with a client's document is told so that its author finds it.

#include <ropeway/json.hpp>

#include <algorithm>
#include <stdexcept>

#include <ropeway/http_error.hpp>

#include "core/src/http/field_value.hpp"
#include "core/src/http/quoted.hpp"

namespace ropeway {
namespace {

using nlohmann::json;

bool is_json_type(std::string_view content_type) noexcept {
  const std::string_view type = http::trim(content_type.substr(0, content_type.find(';')));
  constexpr std::string_view suffix = "+json";  // RFC 6839 §3.1
  return http::equals_ignoring_case(type, "application/json") ||
         (type.size() > suffix.size() && http::equals_ignoring_case(type.substr(type.size() - suffix.size()), suffix));
}

std::string place_in(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return "line " + std::to_string(line) + ", column " + std::to_string(before.size() - begin + 1);
}

// Before anything is built: nlohmann's parser has no limit of its own.
void check_depth(std::string_view text, unsigned most) {
  unsigned depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    if (in_string) {
      if (byte == '\\') ++i;
      if (byte == '"') in_string = false;
    } else if (byte == '"') {
      in_string = true;
    } else if (byte == '[' || byte == '{') {
      if (++depth > most) {
        throw HttpError(Status::bad_request, "The content is nested too deep: " + place_in(text, i) + " is level " + std::to_string(depth) +
                                                 ", and " + std::to_string(most) + " is the most.");
      }
    } else if ((byte == ']' || byte == '}') && depth > 0) {
      --depth;
    }
  }
}

// The parser's words without its prefix, and without the peer's bytes ("last read: ..."), which may look like the parser's words.
std::string reason_of(const json::parse_error& error) {
  std::string_view text = error.what();
  const std::size_t begin = text.find(" - ");
  if (begin != std::string_view::npos) text.remove_prefix(begin + 3);
  const std::size_t read = text.find("; last read: ");
  if (read == std::string_view::npos) return std::string(text);
  std::string reason(text.substr(0, read));
  static constexpr std::string_view tokens[] = {
      "'['", "'{'", "']'", "'}'", "':'", "','", "end of input", "string literal", "'[', '{', or a literal"};
  for (const std::string_view token : tokens) {
    const std::string expected = "; expected " + std::string(token);
    if (text.ends_with(expected)) return reason + expected;
  }
  return reason;
}

// The words between `before` and `after` ("" is the end) in `text`; empty where they are not there.
std::string_view between(std::string_view text, std::string_view before, std::string_view after) noexcept {
  const std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + before.size());
  if (after.empty()) return text;
  const std::size_t end = text.rfind(after);
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end);
}

/// Finds which value of a document `read` cannot use. nlohmann's exceptions do not say, so values that may be it are exchanged, one after another, for
/// one of a kind that no text has (binary): where the complaint becomes one about that, it was this one.
class Culprit {
 public:
  Culprit(json& document, const std::function<void(const json&)>& read) : document_(document), read_(read) {}

  /// The pointer of the first value for which `may_be_it(value)` holds, and of which, once `change(value)` has been made, `proves(complaint)` holds.
  template <class MayBeIt, class Change, class Proves>
  bool find(const MayBeIt& may_be_it, const Change& change, const Proves& proves) {
    return find_in(document_, may_be_it, change, proves);
  }
  [[nodiscard]] std::string pointer() const { return pointer_.empty() ? "at its top" : pointer_; }

 private:
  // What a search may cost: a client that sends bad documents on purpose shall not gain by it.
  static constexpr int most_visits = 2000;
  static constexpr int most_trials = 64;

  template <class MayBeIt, class Change, class Proves>
  bool find_in(json& value, const MayBeIt& may_be_it, const Change& change, const Proves& proves) {
    if (++visits_ > most_visits || trials_ >= most_trials) return false;
    if (may_be_it(value)) {
      ++trials_;
      json kept = value;
      change(value);
      const bool found = proves(complaint());
      value = std::move(kept);
      if (found) return true;
    }
    if (!value.is_structured()) return false;
    for (auto& [key, member] : value.items()) {
      const std::size_t size = pointer_.size();
      pointer_ += '/';
      for (const char byte : key) byte == '~' ? pointer_ += "~0" : byte == '/' ? pointer_ += "~1" : pointer_ += byte;  // RFC 6901 §3
      if (find_in(member, may_be_it, change, proves)) return true;
      pointer_.resize(size);
    }
    return false;
  }
  std::string complaint() const {
    try {
      read_(document_);
    } catch (const json::exception& failure) { return failure.what(); } catch (const std::exception&) {  // it has come further
    }
    return {};
  }

  json& document_;
  const std::function<void(const json&)>& read_;
  std::string pointer_;
  int visits_ = 0;
  int trials_ = 0;
};

[[noreturn]] void refuse(const std::string& text) { throw HttpError(Status::bad_request, text); }

void make_binary(json& value) { value = json::binary({}); }

template <class Json>
std::string dumped(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void refuse_json(json& document, const json::exception& failure, const std::function<void(const json&)>& read) {
  const std::string original = failure.what();
  Culprit culprit(document, read);

  const std::string_view found = between(original, ", but is ", "");
  if (const std::string_view expected = between(original, "type must be ", ", but is "); !found.empty() && !expected.empty()) {
    const std::string proof = "type must be " + std::string(expected) + ", but is binary";
    const bool known = culprit.find([&](const json& value) { return value.type_name() == found; }, make_binary,
                                    [&](const std::string& complaint) { return complaint.ends_with(proof); });
    refuse("The content has the wrong type" + (known ? " " + http::quoted(culprit.pointer()) : std::string()) + ": expected " +
           std::string(expected) + ", found " + std::string(found) + ".");
  }
  if (const std::string_view key = between(original, "key '", "' not found"); !key.empty()) {
    const bool known = culprit.find([&](const json& value) { return value.is_object() && !value.contains(key); },
                                    [&](json& value) { make_binary(value[std::string(key)]); },
                                    [&](const std::string& complaint) { return complaint != original; });
    refuse("The content lacks the member " + http::quoted(key) +
           (known ? " of the object " + http::quoted(culprit.pointer()) : std::string()) + ".");
  }
  if (const std::string_view type = between(original, "cannot use ", ""); !type.empty()) {
    const std::string kind(between(type, " with ", ""));
    const std::string proof = " with binary";
    const bool known = culprit.find([&](const json& value) { return value.type_name() == kind; }, make_binary,
                                    [&](const std::string& complaint) { return complaint.ends_with(proof); });
    refuse("The content has the wrong type" + (known ? " " + http::quoted(culprit.pointer()) : std::string()) + ": found " + kind + ".");
  }
  refuse("The content is JSON, but not of the form that is expected.");
}

json Request::json() const { return json(JsonLimits{}); }

json Request::json(const JsonLimits& limits) const {
  if (body_reader_ != nullptr) throw std::logic_error("Request::json: the body is not there yet; co_await request.read_body() first");
  const std::string_view type = header("Content-Type");
  if (!is_json_type(type)) {
    throw HttpError(Status::unsupported_media_type, "The content is " +
                                                        (type.empty() ? "of no type" : "of the type " + http::quoted(type)) +
                                                        "; expected JSON: \"Content-Type: application/json\".");
  }
  if (body_.size() > limits.bytes) {
    throw HttpError(Status::content_too_large, "The content has " + std::to_string(body_.size()) + " bytes of JSON, and " +
                                                   std::to_string(limits.bytes) + " is the most.");
  }
  if (body_.empty()) throw HttpError(Status::bad_request, "The content is empty; expected JSON.");
  check_depth(body_, limits.depth);
  try {
    return nlohmann::json::parse(body_);
  } catch (const nlohmann::json::parse_error& error) {
    const std::size_t offset = std::min(error.byte == 0 ? 0 : error.byte - 1, body_.size());
    throw HttpError(Status::bad_request, "The content is no JSON: " + place_in(body_, offset) + ": " + reason_of(error) + ".");
  } catch (const nlohmann::json::out_of_range&) {  // a number past the range of double
    throw HttpError(Status::bad_request, "The content is no JSON: it has a number that is too large.");
  }
}

Response Response::dump(const nlohmann::json& value) { return json(dumped(value)); }
Response Response::dump(const nlohmann::ordered_json& value) { return json(dumped(value)); }

}  // namespace ropeway
