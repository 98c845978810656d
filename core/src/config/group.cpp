#include "core/src/config/group.hpp"

#include <map>

#include <ropeway/json_document.hpp>

#include "core/src/config/printable.hpp"
#include "core/src/config/source_map.hpp"

namespace ropeway::config {
namespace {

using nlohmann::json;

// A match without a path stands for the prefix itself; it may be a method.
bool is_prefix_itself(std::string_view match) noexcept { return match.find_first_of("/ \t{") == std::string_view::npos; }

// Where the path, or the host in front of it, begins: behind the method and its blanks.
std::size_t behind_method(std::string_view match) noexcept {
  const std::size_t blank = match.find_first_of(" \t");
  if (blank == std::string_view::npos || match.find('/') < blank) return 0;
  const std::size_t begin = match.find_first_not_of(" \t", blank);
  return begin == std::string_view::npos ? match.size() : begin;
}

// The text of a member; nullptr where there is none (which has been reported).
const std::string* text_of(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

const json& list_of(const json& object, const char* name) {
  static const json none = json::array();
  if (!object.is_object()) return none;
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : none;
}

// "" where it is one.
std::string_view prefix_fault(std::string_view prefix) noexcept {
  if (prefix.find_first_of(" \t") != std::string_view::npos) return "expected no space: the method stands in each \"match\"";
  if (prefix.ends_with('/')) return "expected no \"/\" at its end: each \"match\" begins with one";
  if (prefix.find("{$}") != std::string_view::npos || prefix.find("...}") != std::string_view::npos) {
    return "expected nothing that stands for the end or the rest of a path: routes follow";
  }
  return {};
}

template <class Visit>
void for_each_route(const json& around, const std::string& pointer, const Visit& visit) {
  const json& routes = list_of(around, "routes");
  for (std::size_t i = 0; i < routes.size(); ++i) visit(routes[i], pointer_to(pointer_to(pointer, "routes"), i));
}

template <class Visit>
void for_each_group(const json& root, const Visit& visit) {
  const json& groups = list_of(root, "groups");
  for (std::size_t i = 0; i < groups.size(); ++i) visit(groups[i], pointer_to("/groups", i));
}

}  // namespace

std::string grouped(std::string_view prefix, std::string_view match) {
  if (is_prefix_itself(match)) return std::string(match).append(match.empty() ? "" : " ").append(prefix);
  const std::size_t begin = behind_method(match);
  return std::string(match.substr(0, begin)).append(prefix).append(match.substr(begin));
}

void check_groups(const json& root, Validator& validator) {
  for_each_group(root, [&](const json& group, const std::string& place) {
    if (const std::string* prefix = text_of(group, "prefix"); prefix != nullptr && !prefix->empty()) {
      const std::string_view fault = prefix_fault(*prefix);
      if (!fault.empty()) validator.report(pointer_to(place, "prefix"), "found " + in_quotes(*prefix) + ", " + std::string(fault));
    }
    for_each_route(group, place, [&](const json& route, const std::string& its_place) {
      const std::string* match = text_of(route, "match");
      if (match == nullptr) return;
      if (is_prefix_itself(*match)) {
        const std::string* prefix = text_of(group, "prefix");
        if (prefix == nullptr || prefix->find('/') != std::string::npos) return;
        validator.report(pointer_to(its_place, "match"), "found " + in_quotes(*match) + ", expected a path: the \"prefix\" has none");
        return;
      }
      const std::string_view path = std::string_view(*match).substr(behind_method(*match));
      if (path.starts_with('/')) return;
      validator.report(
          pointer_to(its_place, "match"),
          "found " + in_quotes(*match) + ", expected a path that begins with \"/\": in a group, a host stands in the \"prefix\"");
    });
  });
}

void check_route_names(const json& root, Validator& validator) {
  std::map<std::string_view, std::string> places;
  const auto check = [&](const json& route, const std::string& place) {
    const std::string* name = text_of(route, "name");
    if (name == nullptr || name->empty()) return;
    const auto [other, is_new] = places.emplace(*name, place);
    if (!is_new)
      validator.report(pointer_to(place, "name"),
                       in_quotes(*name) + " is the name of " + other->second + ", too: URLs could lead to either");
  };
  for_each_route(root, "", check);
  for_each_group(root, [&](const json& group, const std::string& place) { for_each_route(group, place, check); });
}

}  // namespace ropeway::config
