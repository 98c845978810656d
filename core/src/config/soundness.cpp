#include "core/src/config/soundness.hpp"

#include "core/src/config/source_map.hpp"

namespace ropeway::config {
namespace {

bool is_list_of_objects(const Setting& setting) {
  if (setting.type() != Setting::Type::list) return false;
  const Setting& element = *setting.element();
  const Setting* other = element.alternative();
  return element.type() == Setting::Type::object || (other != nullptr && other->type() == Setting::Type::object);
}

}  // namespace

Faults::Faults(const std::vector<ValueMistake>& mistakes) {
  for (const ValueMistake& mistake : mistakes) pointers_.insert(mistake.pointer);
}

bool Faults::within(const std::string& pointer) const {
  if (at(pointer)) return true;
  const std::string below = pointer + '/';
  const auto found = pointers_.lower_bound(below);
  return found != pointers_.end() && found->starts_with(below);
}

void replace_faulty(nlohmann::json& root, const Setting& settings, const Faults& faults, Validator& validator) {
  for (const Setting& member : settings.members()) {
    const std::string pointer = pointer_to("", member.name());
    const auto found = root.find(member.name());
    if (is_list_of_objects(member)) {
      if (found == root.end() || !found->is_array() || faults.at(pointer)) root[member.name()] = nlohmann::json::array();
    } else if (found != root.end() && faults.within(pointer)) {
      auto value = default_of(member);
      if (value) {
        validator.check(*value, member, pointer);
        *found = std::move(*value);
      } else {
        root.erase(found);
      }
    }
  }
}

}  // namespace ropeway::config
