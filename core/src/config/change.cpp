#include "core/src/config/change.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <variant>

#include <ropeway/json_document.hpp>

#include "core/src/config/document.hpp"
#include "core/src/config/listen_address.hpp"
#include "core/src/config/printable.hpp"
#include "core/src/config/settings.hpp"
#include "core/src/config/source_map.hpp"
#include "core/src/config/validate.hpp"

namespace ropeway::config {
namespace {

using nlohmann::json;
using Cost = Setting::Cost;
using Kind = Change::Kind;
using Type = Setting::Type;

std::string written(const json* value) {
  return value == nullptr ? std::string() : value->dump(-1, ' ', false, json::error_handler_t::replace);
}

const json* member_of(const json* object, const std::string& name) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(name);
  return found == object->end() ? nullptr : &*found;
}

bool same_address(const std::string& left, const std::string& right) {
  if (left == right) return true;
  const auto one = parse_listen_address(left, "/");
  const auto other = parse_listen_address(right, "/");
  const auto* first = std::get_if<ListenAddress>(&one);
  const auto* second = std::get_if<ListenAddress>(&other);
  return first != nullptr && second != nullptr && first->family == second->family && first->host == second->host &&
         first->port == second->port;
}

class Comparison {
 public:
  Comparison(const ConfigNode::Document& before, const ConfigNode::Document& after) : before_(before), after_(after) {}

  [[nodiscard]] std::vector<Change> run() {
    objects(server_settings(), {&before_.root, ""}, {&after_.root, ""}, "", Cost::rolling);
    return std::move(changes_);
  }

 private:
  // A value, or that there is none, at its place in its document.
  struct Place {
    const json* value = nullptr;
    std::string pointer;
    [[nodiscard]] Place at(const std::string& name) const { return {member_of(value, name), pointer_to(pointer, name)}; }
    [[nodiscard]] Place at(std::size_t index) const { return {&(*value)[index], pointer_to(pointer, index)}; }
  };

  void add(const Place& before, const Place& after, const std::string& name, Cost cost) {
    const Kind kind = before.value == nullptr ? Kind::added : after.value == nullptr ? Kind::removed : Kind::changed;
    changes_.push_back(
        {kind, after.value == nullptr ? before.pointer : after.pointer, name, written(before.value), written(after.value), cost});
  }

  static std::string joined(const std::string& name, const std::string& member) {
    return name.empty() || name.ends_with(": ") ? name + member : name + "." + member;
  }

  void objects(const Setting& setting, const Place& before, const Place& after, const std::string& name, Cost cost) {
    for (const Setting& member : setting.members()) {
      values(member, before.at(member.name()), after.at(member.name()), joined(name, member.name()), cost);
    }
  }

  void values(const Setting& setting, const Place& before, const Place& after, const std::string& name, Cost inherited) {
    if (before.value == nullptr && after.value == nullptr) return;
    Cost cost = cost_of(setting, inherited);
    const bool both = before.value != nullptr && after.value != nullptr;
    if (both && same(*before.value, *after.value, setting.type())) return;
    if (both && setting.type() == Type::object) return objects(setting, before, after, name, cost);
    if (both && before.pointer == "/listen") return addresses(before, after, cost);
    if (both && is_list_of_routes(before.pointer)) return keyed(setting, "match", before, after, name, cost);
    if (both && before.pointer == "/groups") return keyed(setting, "prefix", before, after, name, cost);
    if (both && setting.name() == "middlewares" && same_names(*before.value, *after.value)) return middlewares(before, after, name, cost);
    if (both && setting.type() == Type::any) return options(before, after, name, cost);
    if (both && setting.restart_value()) {
      const json special = json::parse(*setting.restart_value());
      if (*before.value == special || *after.value == special) cost = Cost::restart;
    }
    add(before, after, name, cost);
  }

  static bool same(const json& before, const json& after, Type type) {
    if (before == after) return true;
    const auto number = number_in(before, type);
    return number && number == number_in(after, type);
  }

  void addresses(const Place& before, const Place& after, Cost cost) {
    const auto find = [](const Place& list, const json& entry) -> Place {
      for (std::size_t i = 0; i < list.value->size(); ++i) {
        if (same_address(*address_in((*list.value)[i]), *address_in(entry))) return list.at(i);
      }
      return {};
    };
    for (std::size_t i = 0; i < before.value->size(); ++i) {
      if (find(after, (*before.value)[i]).value == nullptr) add(before.at(i), {}, "listen", cost);
    }
    for (std::size_t i = 0; i < after.value->size(); ++i) {
      const Place fresh = after.at(i);
      const Place old = find(before, *fresh.value);
      if (old.value == nullptr) {
        add({}, fresh, "listen", cost);
      } else {
        header(old, fresh);
        stream(old, fresh);
      }
    }
  }

  // Its listener stays, and each worker reads what its own configuration says.
  void header(const Place& before, const Place& after) {
    static const std::array<json, 2> values{false, true};
    const bool was = proxy_protocol_in(*before.value);
    const bool is = proxy_protocol_in(*after.value);
    if (was == is) return;
    const std::string name = "listen " + in_quotes(*address_in(*after.value)) + ": proxy_protocol";
    const bool is_written = after.value->is_object();
    add({&values[was ? 1 : 0], before.pointer}, {&values[is ? 1 : 0], is_written ? after.pointer + "/proxy_protocol" : after.pointer}, name,
        Cost::rolling);
  }

  // The same goes for whose protocol it is.
  void stream(const Place& before, const Place& after) {
    const auto of = [](const Place& entry, const char* name) { return entry.value->is_object() ? entry.at(name) : Place{}; };
    const Place was = of(before, "handler");
    const Place is = of(after, "handler");
    const std::string name = "listen " + in_quotes(*address_in(*after.value));
    if ((was.value == nullptr) != (is.value == nullptr) || (was.value != nullptr && *was.value != *is.value)) {
      add(was, is, name + ": handler", Cost::rolling);
    } else if (was.value != nullptr) {
      options(of(before, "options"), of(after, "options"), name + ": options", Cost::rolling);
    }
  }

  // Not one that a handler's options have.
  static bool is_list_of_routes(std::string_view pointer) {
    if (pointer.starts_with("/groups/")) pointer.remove_prefix(std::min(pointer.find('/', sizeof "/groups/" - 1), pointer.size()));
    return pointer == "/routes";
  }

  // A route is the one with the same `match`, and a group the one with the same `prefix`: that is their `key`.
  void keyed(const Setting& list, const char* key, const Place& before, const Place& after, const std::string& name, Cost cost) {
    const auto name_of = [&](const Place& place) { return name + " " + in_quotes(place.at(key).value->get<std::string>()); };
    const auto find = [&](const Place& places, const json& wanted) -> Place {
      for (std::size_t i = 0; i < places.value->size(); ++i) {
        if (*places.at(i).at(key).value == wanted) return places.at(i);
      }
      return {};
    };
    for (std::size_t i = 0; i < before.value->size(); ++i) {
      const Place old = before.at(i);
      if (find(after, *old.at(key).value).value == nullptr) add(old, {}, name_of(old), cost);
    }
    for (std::size_t i = 0; i < after.value->size(); ++i) {
      const Place fresh = after.at(i);
      const Place old = find(before, *fresh.at(key).value);
      if (old.value == nullptr) {
        add({}, fresh, name_of(fresh), cost);
      } else {
        objects(*list.element(), old, fresh, name_of(fresh) + ": ", cost);
      }
    }
  }

  // Their order means something: where that differs, so does the list.
  static bool same_names(const json& before, const json& after) {
    return std::ranges::equal(before, after, [](const json& one, const json& other) { return one.at("name") == other.at("name"); });
  }

  void middlewares(const Place& before, const Place& after, const std::string& name, Cost cost) {
    for (std::size_t i = 0; i < after.value->size(); ++i) {
      const std::string its = name + " " + in_quotes(after.at(i).at("name").value->get<std::string>()) + ": options";
      options(before.at(i).at("options"), after.at(i).at("options"), its, cost);
    }
  }

  // What a handler declares is found by the place.
  void options(const Place& before, const Place& after, const std::string& name, Cost cost) {
    if (!before.value->is_object() || !after.value->is_object()) return add(before, after, name, cost);
    std::set<std::string> names;
    for (const Place* place : {&before, &after}) {
      for (const auto& [key, unused] : place->value->items()) names.insert(key);
    }
    for (const std::string& key : names) {
      const Place old = before.at(key);
      const Place fresh = after.at(key);
      const Setting* declared =
          declaration(fresh.value != nullptr ? after_ : before_, fresh.value != nullptr ? after.pointer : before.pointer, key);
      if (declared != nullptr) {
        values(*declared, old, fresh, joined(name, key), cost);
      } else if (old.value == nullptr || fresh.value == nullptr || *old.value != *fresh.value) {
        add(old, fresh, joined(name, key), cost);
      }
    }
  }

  static const Setting* declaration(const ConfigNode::Document& document, const std::string& pointer, const std::string& name) {
    const auto object = document.declared.find(pointer);
    if (object == document.declared.end()) return nullptr;
    const Settings& members = object->second->members();
    const auto found = std::ranges::find(members, name, &Setting::name);
    return found == members.end() ? nullptr : &*found;
  }

  const ConfigNode::Document& before_;
  const ConfigNode::Document& after_;
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> changes_between(const ConfigNode::Document& before, const ConfigNode::Document& after) {
  return Comparison(before, after).run();
}

std::string_view to_string(Setting::Cost cost) noexcept {
  switch (cost) {
    case Cost::hot: return "hot";
    case Cost::rolling: return "rolling";
    case Cost::rebind: return "rebind";
    case Cost::restart: break;
  }
  return "restart";
}

Setting::Cost cost_of(const Setting& setting, Setting::Cost inherited) noexcept { return setting.cost().value_or(inherited); }

std::string needs_restart(std::string_view setting) {
  const Settings& members = server_settings().members();
  const auto found = std::ranges::find(members, setting, &Setting::name);
  const bool has_value = found != members.end() && found->restart_value().has_value();
  return std::string(setting) + ": " + (has_value ? "from or to " + *found->restart_value() : "another value") +
         " needs a restart; stop the server and start it again";
}

}  // namespace ropeway::config
