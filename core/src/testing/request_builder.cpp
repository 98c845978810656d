#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include <ropeway/testing/call.hpp>

#include "core/src/http/field_value.hpp"
#include "core/src/http/request_access.hpp"
#include "core/src/http/request_head.hpp"

namespace ropeway::testing {
namespace {

constexpr std::size_t max_params = 16;

[[noreturn]] void refuse(const std::string& what, std::string_view text) {
  throw std::invalid_argument("RequestBuilder: " + what + ": \"" + std::string(text) + '"');
}

/// All text of a request in one piece that never moves, so that views into it stay valid.
class TextStore {
 public:
  explicit TextStore(std::size_t size) { text_.reserve(size); }
  std::string_view add(std::string_view part) {
    const std::size_t begin = text_.size();
    text_ += part;
    return std::string_view(text_).substr(begin);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// `host:port`, `[::1]:port` or a host alone: without the port.
std::string_view without_port(std::string_view authority) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  return authority.substr(0, colon);
}

/// Takes the target's parts apart (RFC 9112 §3.2): origin form, absolute form, or "*".
void split_target(http::RequestHead& head) {
  std::string_view rest = head.target;
  if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos && !rest.starts_with('/')) {
    rest.remove_prefix(scheme + 3);
    const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
    head.host = without_port(rest.substr(0, path));
    rest.remove_prefix(path);
  } else if (!rest.starts_with('/') && rest != "*") {
    refuse("a target is \"/path?query\", \"http://host/path\" or \"*\"", rest);
  }
  const std::size_t question = std::min(rest.find('?'), rest.size());
  head.raw_path = rest.substr(0, question);
  head.query = rest.substr(std::min(question + 1, rest.size()));
}

bool is_target_character(char c) { return c > ' ' && c != '\x7f' && c != '#'; }

}  // namespace

RequestBuilder::RequestBuilder(std::string_view method, std::string_view target) : method_(method), target_(target) {}

RequestBuilder& RequestBuilder::header(std::string_view name, std::string_view value) {
  fields_.emplace_back(name, value);
  return *this;
}

RequestBuilder& RequestBuilder::param(std::string_view name, std::string_view value) {
  params_.emplace_back(name, value);
  return *this;
}

RequestBuilder& RequestBuilder::body(std::string_view body) {
  body_ = body;
  return *this;
}

Request RequestBuilder::build() const {
  if (!http::is_token(method_)) refuse("a method is a token", method_);
  if (!std::all_of(target_.begin(), target_.end(), is_target_character)) refuse("a target has no spaces and is percent-encoded", target_);
  if (params_.size() > max_params) refuse("a request has at most 16 parameters; one too many", params_[max_params].first);

  std::size_t size = method_.size() + target_.size() + body_.size();
  for (const auto* pairs : {&fields_, &params_}) {
    for (const auto& [name, value] : *pairs) size += name.size() + value.size();
  }
  // Routing adds the decoded text of parameters, which is never longer than the target. The least size keeps the text out of the
  // string object itself, which moves.
  TextStore store(std::max<std::size_t>(size + target_.size(), 64));

  http::RequestHead head;
  head.method_name = store.add(method_);
  head.method = method_from(head.method_name);
  head.target = store.add(target_);
  split_target(head);
  for (const auto& [name, value] : fields_) {
    if (!http::is_token(name)) refuse("a field name is a token", name);
    if (!http::is_field_value(value)) refuse("a field value has no control characters", value);
    const HeaderField& field = head.fields.emplace_back(HeaderField{store.add(name), store.add(value)});
    if (head.host.empty() && same_field_name(name, "Host")) head.host = without_port(field.value);
  }
  const std::string_view body = store.add(body_);

  Request request;
  if (!RequestAccess::assign(request, head)) refuse("the server refuses this path", target_);
  RequestAccess::set_body(request, body);
  for (const auto& [name, value] : params_) {
    const std::string_view owned_name = store.add(name);
    RequestAccess::add_param(request, owned_name, store.add(value));
  }
  RequestAccess::own_text(request) = store.take();
  return request;
}

}  // namespace ropeway::testing
