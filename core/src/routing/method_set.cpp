#include "core/src/routing/method_set.hpp"

namespace ropeway::routing {
namespace {

constexpr unsigned registered = static_cast<unsigned>(Method::other);
constexpr unsigned unknown = 63;

constexpr MethodSet bit_at(unsigned index) noexcept { return MethodSet{1} << index; }
constexpr MethodSet bit_of(Method method) noexcept { return bit_at(static_cast<unsigned>(method)); }

}  // namespace

MethodSet MethodTable::add(std::string_view name) {
  if (name.empty()) return ~(bit_of(Method::connect) | bit_of(Method::trace));
  const Method method = method_from(name);
  if (method == Method::get) return bit_of(Method::get) | bit_of(Method::head);
  if (method != Method::other) return bit_of(method);
  if (const MethodSet known = bit(method, name); known != bit_at(unknown)) return known;
  if (registered + names_.size() == unknown) return 0;
  names_.emplace_back(name);
  return bit(method, name);
}

MethodSet MethodTable::bit(Method method, std::string_view name) const noexcept {
  if (method != Method::other) return bit_of(method);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] == name) return bit_at(registered + static_cast<unsigned>(i));
  }
  return bit_at(unknown);
}

std::string MethodTable::allow(MethodSet methods) const {
  std::string text;
  const auto append = [&text](std::string_view name) {
    if (!text.empty()) text += ", ";
    text += name;
  };
  methods |= bit_of(Method::options);
  for (unsigned i = 0; i < registered; ++i) {
    if ((methods & bit_at(i)) != 0) append(to_string(static_cast<Method>(i)));
  }
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if ((methods & bit_at(registered + static_cast<unsigned>(i))) != 0) append(names_[i]);
  }
  return text;
}

}  // namespace ropeway::routing
