#include <ropeway/attributes.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <stdexcept>

namespace ropeway {

Attributes::Entry* Attributes::find(const std::type_info& type) noexcept {
  for (const auto& [known, entry] : entries_) {
    if (*known == type) return entry.get();
  }
  return nullptr;
}

void Attributes::put(const std::type_info& type, std::unique_ptr<Entry> entry) {
  for (auto& [known, kept] : entries_) {
    if (*known != type) continue;
    kept = std::move(entry);
    return;
  }
  entries_.emplace_back(&type, std::move(entry));
}

void Attributes::missing(const std::type_info& type) {
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, nullptr), &std::free);
  throw std::logic_error("the request has no attribute of the type " + std::string(name ? name.get() : type.name()) +
                         ": put the middleware that sets it in front of this route");
}

}  // namespace ropeway
