#include "handlers/proxy/upstream_target.hpp"

#include <algorithm>
#include <optional>

#include <ropeway/http_error.hpp>

#include "handlers/relative_path.hpp"

namespace ropeway::handlers {
namespace {

int digit(char byte) noexcept {
  if (byte >= '0' && byte <= '9') return byte - '0';
  const char lower = static_cast<char>(byte | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte that the escape at the end of `text` stands for, or -1 where there is none.
int last_escape(std::string_view text) noexcept {
  if (text.size() < 3 || text[text.size() - 3] != '%') return -1;
  const int high = digit(text[text.size() - 2]);
  const int low = digit(text[text.size() - 1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// The end of `raw` that decodes to `decoded`; nothing where there is none. `keeps_slashes`: "%2F" in `decoded` stands for itself.
std::optional<std::string_view> raw_end(std::string_view raw, std::string_view decoded, bool keeps_slashes) noexcept {
  std::string_view left = raw;
  while (!decoded.empty()) {
    const int escape = last_escape(left);
    if (escape == '/' && keeps_slashes) {
      if (!decoded.ends_with(left.substr(left.size() - 3))) return std::nullopt;
      decoded.remove_suffix(3);
      left.remove_suffix(3);
      continue;
    }
    const bool fits = escape >= 0 ? escape == static_cast<unsigned char>(decoded.back()) : !left.empty() && left.back() == decoded.back();
    if (!fits) return std::nullopt;
    left.remove_suffix(escape >= 0 ? 3 : 1);
    decoded.remove_suffix(1);
  }
  return raw.substr(left.size());
}

// RFC 3986 §3.3; everything else is escaped.
std::string encoded(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (const char byte : path) {
    const bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                          std::string_view("/-._~!$&'()*+,;=:@").find(byte) != std::string_view::npos;
    if (is_plain) {
      result += byte;
      continue;
    }
    const auto number = static_cast<unsigned char>(byte);
    result.append("%").append(1, digits[number >> 4U]).append(1, digits[number & 15U]);
  }
  return result;
}

bool has_dot_segment(std::string_view path) noexcept {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

// With "/" for encoded slashes.
std::string with_slashes(std::string_view path) {
  std::string result;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::string_view three = path.substr(i, 3);
    const bool is_slash = three == "%2F" || three == "%2f";
    result += is_slash ? '/' : path[i];
    if (is_slash) i += 2;
  }
  return result;
}

std::string_view without_prefix(const Request& request, std::string_view prefix) {
  std::string_view path = request.path();
  if (!path.starts_with(prefix)) throw HttpError(Status::not_found);
  path.remove_prefix(prefix.size());
  if (!path.empty() && path.front() != '/') throw HttpError(Status::not_found);
  return path;
}

}  // namespace

std::string upstream_target(const Request& request, std::string_view prefix) {
  const bool has_param = request.has_param("path");
  const std::string_view path = has_param ? request.param("path") : without_prefix(request, prefix);
  if (has_encoded_slash(request.raw_path()) && has_dot_segment(has_param ? std::string(path) : with_slashes(path))) {
    throw HttpError(Status::bad_request, "The path has a dot segment behind an encoded slash.");
  }
  std::string target;
  target.reserve(request.target().size() + 1);
  if (const auto as_it_came = raw_end(request.raw_path(), path, !has_param)) {
    if (!as_it_came->starts_with('/')) target = "/";
    target += *as_it_came;
  } else {
    if (has_encoded_slash(request.raw_path())) {
      throw HttpError(Status::bad_request,
                      "The path has both an encoded slash and what has to be removed from it (dot segments, double slashes).");
    }
    if (!path.starts_with('/')) target = "/";
    target += encoded(path);
  }
  if (const std::size_t question = request.target().find('?'); question != std::string_view::npos)
    target += request.target().substr(question);
  return target;
}

}  // namespace ropeway::handlers
