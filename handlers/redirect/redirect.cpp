#include "handlers/redirect/redirect.hpp"

#include <algorithm>

#include <ropeway/url.hpp>

namespace ropeway::handlers {
namespace {

/// Bytes that a URI reference never holds (RFC 3986 §2), and "\\", which some clients read as "/".
[[nodiscard]] bool is_unusable(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value <= 0x20 || value >= 0x7f || byte == '\\';
}

/// What is wrong with `to`; empty where it is good. A target that clients could read as having no host of its own, such as "https:" or
/// "///", would let the path of a request name one: it is refused here, once.
[[nodiscard]] std::string_view mistake_in_target(std::string_view to) {
  if (std::any_of(to.begin(), to.end(), is_unusable)) return "percent-encode spaces, backslashes and everything that is not ASCII";
  std::string_view rest = to;
  if (!to.starts_with('/')) {
    if (rest.starts_with("http://") || rest.starts_with("https://")) {
      rest.remove_prefix(rest.find(':') + 1);
    } else {
      return "begin with \"/\", \"http://\" or \"https://\"";
    }
  }
  if (!rest.starts_with("//")) return {};
  const std::string_view authority = rest.substr(2, rest.find_first_of("/?#", 2) - 2);
  return authority.empty() ? "name a host after \"//\"" : std::string_view();
}

/// Appends a path that is percent-encoded already, and encodes what should not have been sent bare.
void append_raw(std::string& location, std::string_view path) {
  for (const char& byte : path) {
    if (is_unusable(byte)) {
      location += percent_encode(std::string_view(&byte, 1));
    } else {
      location += byte;
    }
  }
}

}  // namespace

Settings Redirect::settings() {
  return {
      Setting::string("to", "Where to: an absolute path (\"/new/\") or a URL (\"https://example.org\").").required(),
      Setting::integer("status", "301, 302, 303, 307 or 308.").at_least(301).at_most(308).by_default("302"),
      Setting::boolean("keep_path",
                       "Append the query of the request, and what `{path...}` stood for in the route's match (without it, the whole path).")
          .by_default("false"),
  };
}

Redirect::Redirect(const ConfigNode& options)
    : to_(options.string("to")), status_(static_cast<Status>(options.integer("status"))), keep_path_(options.boolean("keep_path")) {
  MistakeCollector mistakes;
  mistakes.collect([&] {
    if (const auto mistake = mistake_in_target(to_); !mistake.empty()) {
      throw options.error("to", "\"" + to_ + "\" is no target to redirect to: " + std::string(mistake));
    }
  });
  mistakes.collect([&] {
    const auto number = code(status_);
    if (number > 303 && number < 307) throw options.error("status", "a redirect has status 301, 302, 303, 307 or 308");
  });
  mistakes.throw_if_any();
  if (!keep_path_) return;
  if (to_.find_first_of("?#") != std::string::npos) {
    throw options.error("to", "with `keep_path`, a path is appended to the target: remove its query and fragment");
  }
  if (!to_.ends_with('/')) to_ += '/';
}

Response Redirect::handle(const Request& request) const {
  if (!keep_path_) return Response::redirect(to_, status_);
  const bool has_rest = request.has_param("path");
  std::string_view path = has_rest ? request.param("path") : request.raw_path();
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));  // "//host" behind "/" would name a host
  std::string location = to_;
  if (has_rest) {
    location += percent_encode(path, true);
  } else {
    append_raw(location, path);
  }
  if (!request.query().empty()) location.append("?").append(request.query());
  return Response::redirect(location, status_);
}

}  // namespace ropeway::handlers
