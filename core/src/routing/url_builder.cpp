#include "core/src/routing/url_builder.hpp"

#include <algorithm>
#include <stdexcept>

namespace ropeway::routing {
namespace {

bool is_dots(std::string_view segment) noexcept { return segment == "." || segment == ".."; }  // RFC 3986 §5.2.4 takes them out

// Why a path cannot bring `value` back; nullptr where it can.
const char* fault_of(const Segment& segment, std::string_view value) noexcept {
  if (value.find('\0') != std::string_view::npos) return "has a NUL";
  if (segment.kind == Segment::Kind::single) {
    if (value.empty()) return "is empty";
    if (value.find('/') != std::string_view::npos) return "has a \"/\", but stands for one segment";
  }
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find('/', begin), value.size());
    if (is_dots(value.substr(begin, end - begin))) return "has a segment of dots";
    begin = end + 1;
  }
  return nullptr;
}

}  // namespace

std::string UrlBuilder::url(std::string_view name, const std::vector<UrlParameter>& parameters) const {
  const auto found = patterns_.find(name);
  if (found == patterns_.end()) throw std::invalid_argument("no route has the name \"" + std::string(name) + "\"");
  const Pattern& pattern = *found->second;
  const auto fail = [&](const std::string& parameter, const std::string& message) {
    throw std::invalid_argument("a URL of the route \"" + found->first + "\" (" + pattern.text + "): \"" + parameter + "\" " + message);
  };
  std::string result;
  for (const Segment& segment : pattern.segments) {
    result += '/';
    if (segment.kind == Segment::Kind::literal) result += percent_encode(segment.text);  // which has no slash
    if (segment.kind == Segment::Kind::literal || segment.text.empty()) continue;
    const auto parameter = std::ranges::find(parameters, segment.text, &UrlParameter::name);
    if (parameter == parameters.end()) fail(segment.text, "has no value");
    if (const char* fault = fault_of(segment, parameter->value)) fail(segment.text, fault);
    result += percent_encode(parameter->value, segment.kind == Segment::Kind::rest);
  }
  char separator = '?';
  for (const UrlParameter& parameter : parameters) {
    if (std::ranges::find(pattern.parameters, parameter.name) != pattern.parameters.end()) continue;
    result.append(1, separator).append(percent_encode(parameter.name)).append("=").append(percent_encode(parameter.value));
    separator = '&';
  }
  return result;
}

}  // namespace ropeway::routing
