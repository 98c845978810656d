#include "core/src/config/components.hpp"

#include <algorithm>

#include <ropeway/json_document.hpp>

#include "core/src/config/describe.hpp"
#include "core/src/config/listen_address.hpp"
#include "core/src/config/network.hpp"
#include "core/src/config/printable.hpp"
#include "core/src/config/source_map.hpp"
#include "core/src/config/spelling.hpp"

namespace ropeway::config {
namespace {

using nlohmann::json;

/// A "handler", a "middleware" or a "stream handler", of which the catalogue has `entries`.
struct Component {
  std::string_view word;
  const std::vector<Catalogue::Entry>& entries;
  const std::string& hint;  // see `Catalogue`, here and below
  bool open = false;
  const std::vector<Catalogue::Entry>* others = nullptr;  // that belong somewhere else:
  std::string_view elsewhere = {};
};

bool has(const std::vector<Catalogue::Entry>& entries, std::string_view name) {
  return std::ranges::find(entries, name, &Catalogue::Entry::name) != entries.end();
}

void check_component(const json& name, json& options, const Component& kind, const std::string& name_pointer,
                     const std::string& options_pointer, Validator& validator) {
  if (!name.is_string()) return;
  const auto& text = name.get_ref<const std::string&>();
  const auto entry = std::find_if(kind.entries.begin(), kind.entries.end(), [&](const Catalogue::Entry& e) { return e.name == text; });
  if (entry != kind.entries.end()) { return validator.check(options, Setting::object("", "", entry->settings), options_pointer); }
  if (text.empty()) return;  // reported already
  if (kind.others != nullptr && has(*kind.others, text))
    return validator.report(name_pointer, in_quotes(text) + std::string(kind.elsewhere));
  if (kind.open) return;
  std::vector<std::string> names;
  for (const Catalogue::Entry& known : kind.entries) names.push_back(known.name);
  std::string hint = did_you_mean(text, names);
  if (hint.empty() && !kind.hint.empty()) hint = ": " + kind.hint;
  if (hint.empty()) hint = names.empty() ? ", this program has none" : ", expected one of " + joined(names);
  validator.report(name_pointer, "unknown " + std::string(kind.word) + " " + in_quotes(text) + hint);
}

/// The member of an object, or nullptr.
json* member(json& value, const char* name) {
  const auto found = value.find(name);
  return found == value.end() ? nullptr : &*found;
}

/// Components in a list: names, which become objects here, or objects with the name under `key`.
void check_list(json* list, const Component& kind, const char* key, const std::string& pointer, Validator& validator) {
  if (list == nullptr || !list->is_array()) return;
  for (std::size_t i = 0; i < list->size(); ++i) {
    json& component = (*list)[i];
    const std::string place = pointer_to(pointer, i);
    std::string name_pointer = pointer_to(place, key);
    if (component.is_string()) {
      component = json{{key, component}, {"options", json::object()}};
      name_pointer = place;
    }
    json* name = member(component, key);
    json* options = member(component, "options");
    if (name != nullptr && options != nullptr)
      check_component(*name, *options, kind, name_pointer, pointer_to(place, "options"), validator);
  }
}

/// Either `handler` with its `options`, or `try`.
void check_answerers(json& route, const Component& handlers, const std::string& place, Validator& validator) {
  json* handler = member(route, "handler");
  json* options = member(route, "options");
  json* tried = member(route, "try");
  if (tried == nullptr) {
    if (handler == nullptr && route.is_object()) {
      validator.report(place, "\"handler\" is missing, expected a string that is not empty (or \"try\" with several of them)");
    } else if (handler != nullptr && options != nullptr) {
      check_component(*handler, *options, handlers, pointer_to(place, "handler"), pointer_to(place, "options"), validator);
    }
    return;
  }
  if (handler != nullptr) {
    validator.report(pointer_to(place, "try"), "\"try\" stands in the place of \"handler\": write that among the others, or remove one",
                     ValueMistake::At::key);
  } else if (options != nullptr && *options != json::object()) {
    validator.report(pointer_to(place, "options"),
                     "with \"try\", each handler has options of its own: {\"handler\": \"...\", \"options\": {...}}",
                     ValueMistake::At::key);
  }
  check_list(tried, handlers, "handler", pointer_to(place, "try"), validator);
}

/// Addresses with a protocol of their own.
void check_streams(json* listen, const Component& handlers, Validator& validator) {
  if (listen == nullptr || !listen->is_array()) return;
  for (std::size_t i = 0; i < listen->size(); ++i) {
    json& entry = (*listen)[i];
    json* handler = entry.is_object() ? member(entry, "handler") : nullptr;
    json* options = entry.is_object() ? member(entry, "options") : nullptr;
    const std::string place = pointer_to("/listen", i);
    if (handler != nullptr && options != nullptr) {
      check_component(*handler, *options, handlers, pointer_to(place, "handler"), pointer_to(place, "options"), validator);
    } else if (options != nullptr && *options != json::object()) {
      validator.report(pointer_to(place, "options"), "are those of a \"handler\", which is missing here", ValueMistake::At::key);
    }
  }
}

}  // namespace

void check_components(json& root, const Catalogue& catalogue, Validator& validator) {
  const Component handlers{
      "handler",      catalogue.handlers,         catalogue.hint,
      catalogue.open, &catalogue.stream_handlers, " has a protocol of its own, without HTTP: name it at an address of \"listen\""};
  const Component middlewares{"middleware", catalogue.middlewares, catalogue.hint, catalogue.open};
  // `around` is the whole configuration, or a group.
  const auto check_routes = [&](json& around, const std::string& pointer) {
    check_list(member(around, "middlewares"), middlewares, "name", pointer_to(pointer, "middlewares"), validator);
    json* routes = member(around, "routes");
    if (routes == nullptr || !routes->is_array()) return;
    for (std::size_t i = 0; i < routes->size(); ++i) {
      json& route = (*routes)[i];
      const std::string place = pointer_to(pointer_to(pointer, "routes"), i);
      check_answerers(route, handlers, place, validator);
      check_list(member(route, "middlewares"), middlewares, "name", pointer_to(place, "middlewares"), validator);
    }
  };
  check_routes(root, "");
  check_streams(member(root, "listen"),
                {"stream handler", catalogue.stream_handlers, catalogue.hint, catalogue.open, &catalogue.handlers,
                 " answers HTTP requests: name it in a route"},
                validator);
  json* groups = member(root, "groups");
  if (groups == nullptr || !groups->is_array()) return;
  for (std::size_t i = 0; i < groups->size(); ++i) check_routes((*groups)[i], pointer_to("/groups", i));
}

// A PROXY header is believed from `trusted_proxies` alone, so that there must be one that can connect.
void check_headers_can_come(const json& root, const ListenAddress& address, const std::string& pointer, Validator& validator) {
  const auto proxies = root.find("trusted_proxies");
  if (proxies != root.end() && !proxies->is_array()) return;
  const auto may_connect = [&](const json& proxy) {
    return address.family == ListenAddress::Family::activated ||
           (proxy == "unix") == (address.family == ListenAddress::Family::unix_socket);
  };
  if (proxies != root.end() && std::ranges::any_of(*proxies, may_connect)) return;
  const std::string remedy = address.family == ListenAddress::Family::unix_socket ? "\"unix\"" : "the load balancer's address";
  validator.report(pointer, "nobody is trusted to send a PROXY header here, so every connection would be closed: add " + remedy +
                                " to \"trusted_proxies\"");
}

void check_addresses(const json& root, std::string_view folder, Validator& validator) {
  const auto listen = root.find("listen");
  if (listen == root.end() || !listen->is_array()) return;
  std::vector<ListenAddress> known;
  for (std::size_t i = 0; i < listen->size(); ++i) {
    const json& entry = (*listen)[i];
    const std::string* written = address_in(entry);
    if (written == nullptr) continue;
    const std::string& text = *written;
    const std::string place = pointer_to("/listen", i) + (entry.is_object() ? "/address" : "");
    auto parsed = parse_listen_address(text, folder);
    if (const auto* fault = std::get_if<std::string>(&parsed)) {
      validator.report(place, *fault);
      continue;
    }
    ListenAddress& address = std::get<ListenAddress>(parsed);
    address.text = text;
    if (proxy_protocol_in(entry)) check_headers_can_come(root, address, pointer_to("/listen", i) + "/proxy_protocol", validator);
    const auto same = std::find_if(known.begin(), known.end(), [&](const ListenAddress& other) { return same_endpoint(address, other); });
    const auto covering =
        std::find_if(known.begin(), known.end(), [&](const ListenAddress& other) { return one_covers_other(address, other); });
    if (covering != known.end()) {
      validator.report(place, in_quotes(text) + " and " + in_quotes(covering->text) +
                                  " have the same port, and one of them stands for every address: remove the other");
    } else if (same == known.end()) {
      if (known.size() < most_mistakes) known.push_back(std::move(address));
    } else {
      const std::string words = same->text == text ? "is listed twice" : "is the same address as " + in_quotes(same->text);
      validator.report(place, in_quotes(text) + " " + words);
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

void check_trusted_proxies(const json& root, Validator& validator) {
  const auto proxies = root.find("trusted_proxies");
  if (proxies == root.end() || !proxies->is_array()) return;
  for (std::size_t i = 0; i < proxies->size(); ++i) {
    if (!(*proxies)[i].is_string()) continue;
    auto parsed = parse_network((*proxies)[i].get_ref<const std::string&>());
    if (const auto* fault = std::get_if<std::string>(&parsed)) validator.report(pointer_to("/trusted_proxies", i), *fault);
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
