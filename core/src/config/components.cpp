#include "core/src/config/components.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/src/config/describe.hpp"
#include "core/src/config/listen_address.hpp"
#include "core/src/config/printable.hpp"
#include "core/src/config/source_map.hpp"
#include "core/src/config/spelling.hpp"

namespace ropeway::config {
namespace {

using nlohmann::json;

/// A "handler" or a "middleware", of which the catalogue has `entries`.
struct Kind {
  std::string_view word;
  const std::vector<Catalogue::Entry>& entries;
};

void check_component(const json& name, json& options, const Kind& kind, const std::string& name_pointer, const std::string& options_pointer,
                     Validator& validator) {
  if (!name.is_string()) return;
  const auto& text = name.get_ref<const std::string&>();
  const auto entry = std::find_if(kind.entries.begin(), kind.entries.end(), [&](const Catalogue::Entry& e) { return e.name == text; });
  if (entry != kind.entries.end()) { return validator.check(options, Setting::object("", "", entry->settings), options_pointer); }
  if (text.empty()) return;  // reported already
  std::vector<std::string> names;
  for (const Catalogue::Entry& known : kind.entries) names.push_back(known.name);
  std::string hint = did_you_mean(text, names);
  if (hint.empty()) hint = names.empty() ? ", this program has none" : ", expected one of " + joined(names);
  validator.report(name_pointer, "unknown " + std::string(kind.word) + " " + in_quotes(text) + hint);
}

/// The member of an object, or nullptr.
json* member(json& value, const char* name) {
  const auto found = value.find(name);
  return found == value.end() ? nullptr : &*found;
}

void check_middlewares(json* list, const Kind& kind, const std::string& pointer, Validator& validator) {
  if (list == nullptr || !list->is_array()) return;
  for (std::size_t i = 0; i < list->size(); ++i) {
    json& middleware = (*list)[i];
    const std::string place = pointer_to(pointer, i);
    std::string name_pointer = pointer_to(place, "name");
    if (middleware.is_string()) {
      middleware = json{{"name", middleware}, {"options", json::object()}};
      name_pointer = place;
    }
    json* name = member(middleware, "name");
    json* options = member(middleware, "options");
    if (name != nullptr && options != nullptr)
      check_component(*name, *options, kind, name_pointer, pointer_to(place, "options"), validator);
  }
}

}  // namespace

void check_components(json& root, const Catalogue& catalogue, Validator& validator) {
  const Kind handlers{"handler", catalogue.handlers};
  const Kind middlewares{"middleware", catalogue.middlewares};
  check_middlewares(member(root, "middlewares"), middlewares, "/middlewares", validator);
  json* routes = member(root, "routes");
  if (routes == nullptr || !routes->is_array()) return;
  for (std::size_t i = 0; i < routes->size(); ++i) {
    json& route = (*routes)[i];
    const std::string place = pointer_to("/routes", i);
    json* handler = member(route, "handler");
    json* options = member(route, "options");
    if (handler != nullptr && options != nullptr) {
      check_component(*handler, *options, handlers, pointer_to(place, "handler"), pointer_to(place, "options"), validator);
    }
    check_middlewares(member(route, "middlewares"), middlewares, pointer_to(place, "middlewares"), validator);
  }
}

void check_addresses(const json& root, std::string_view folder, Validator& validator) {
  const auto listen = root.find("listen");
  if (listen == root.end() || !listen->is_array()) return;
  std::vector<ListenAddress> known;
  for (std::size_t i = 0; i < listen->size(); ++i) {
    if (!(*listen)[i].is_string()) continue;
    const auto& text = (*listen)[i].get_ref<const std::string&>();
    auto parsed = parse_listen_address(text, folder);
    if (const auto* fault = std::get_if<std::string>(&parsed)) {
      validator.report(pointer_to("/listen", i), *fault);
      continue;
    }
    ListenAddress& address = std::get<ListenAddress>(parsed);
    address.text = text;
    const auto same = std::find_if(known.begin(), known.end(), [&](const ListenAddress& other) { return same_endpoint(address, other); });
    const auto covering =
        std::find_if(known.begin(), known.end(), [&](const ListenAddress& other) { return one_covers_other(address, other); });
    if (covering != known.end()) {
      validator.report(pointer_to("/listen", i), in_quotes(text) + " and " + in_quotes(covering->text) +
                                                     " have the same port, and one of them stands for every address: remove the other");
    } else if (same == known.end()) {
      if (known.size() < most_mistakes) known.push_back(std::move(address));
    } else {
      const std::string words = same->text == text ? "is listed twice" : "is the same address as " + in_quotes(same->text);
      validator.report(pointer_to("/listen", i), in_quotes(text) + " " + words);
    }
  }
}

void check_processes(const json& root, Validator& validator) {
  const auto processes = root.find("processes");
  if (processes == root.end() || !processes->is_object()) return;
  const auto min = processes->find("min");
  const auto max = processes->find("max");
  if (min == processes->end() || max == processes->end() || !min->is_number_integer() || !max->is_number_integer() || *max >= *min) return;
  validator.report("/processes/max", "found " + max->dump() + ", expected no less than min, which is " + min->dump());
}

void check_affinity(const json& root, Validator& validator) {
  const auto affinity = root.find("affinity");
  if (affinity == root.end() || !affinity->is_array()) return;
  for (std::size_t i = 0; i < affinity->size(); ++i) {
    const json& cpus = (*affinity)[i];
    if (!cpus.is_string()) continue;
    auto parsed = parse_cpu_list(cpus.get_ref<const std::string&>());
    if (const auto* fault = std::get_if<std::string>(&parsed)) validator.report(pointer_to("/affinity", i), *fault);
  }
}

void check_server_name(const json& root, Validator& validator) {
  const auto name = root.find("server_name");
  if (name == root.end() || !name->is_string()) return;
  const auto& text = name->get_ref<const std::string&>();
  const bool visible = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });  // RFC 9110 §5.5
  if (!visible || text.starts_with(' ') || text.ends_with(' ')) {
    validator.report("/server_name", "found " + in_quotes(text) + ", expected printable ASCII with no space at its ends");
  }
}

}  // namespace ropeway::config
