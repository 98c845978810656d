#include "core/src/module/registry.hpp"

#include <stdexcept>
#include <utility>

namespace ropeway::module {
namespace {

template <class Entry>
void enrol(std::map<std::string, Entry, std::less<>>& entries, const char* kind, std::string name, Entry entry) {
  if (name.empty()) throw std::invalid_argument(std::string("a ") + kind + " was registered without a name");
  if (!entry.make) throw std::invalid_argument(std::string(kind) + " \"" + name + "\" was registered without a function that makes it");
  const auto [position, inserted] = entries.try_emplace(std::move(name), std::move(entry));
  if (inserted) return;
  const std::string& origin = position->second.origin;
  throw std::invalid_argument(std::string(kind) + " \"" + position->first + "\" is registered already" +
                              (origin.empty() ? "" : " by " + origin) + "; choose another name");
}

template <class Entry>
const Entry* look_up(const std::map<std::string, Entry, std::less<>>& entries, std::string_view name) noexcept {
  const auto position = entries.find(name);
  return position == entries.end() ? nullptr : &position->second;
}

}  // namespace

void NamedRegistry::add_handler(std::string name, Settings settings, MakeHandler make) {
  enrol(handlers_, "handler", std::move(name), HandlerEntry{std::move(settings), std::move(make), origin_});
}

void NamedRegistry::add_middleware(std::string name, Settings settings, MakeMiddleware make) {
  enrol(middlewares_, "middleware", std::move(name), MiddlewareEntry{std::move(settings), std::move(make), origin_});
}

const NamedRegistry::HandlerEntry* NamedRegistry::find_handler(std::string_view name) const noexcept { return look_up(handlers_, name); }

const NamedRegistry::MiddlewareEntry* NamedRegistry::find_middleware(std::string_view name) const noexcept {
  return look_up(middlewares_, name);
}

}  // namespace ropeway::module
