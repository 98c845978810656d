#include "core/src/module/registry.hpp"

#include <stdexcept>
#include <utility>

namespace ropeway::module {
namespace {

std::invalid_argument taken(const std::string& kind, const std::string& name, const std::string& origin) {
  const std::string by = origin.empty() ? "" : " by " + origin;
  return std::invalid_argument(kind + " \"" + name + "\" is registered already" + by + "; choose another name");
}

template <class Entry>
void enrol(std::map<std::string, Entry, std::less<>>& entries, const char* kind, std::string name, Entry entry) {
  if (name.empty()) throw std::invalid_argument(std::string("a ") + kind + " was registered without a name");
  if (!entry.make) throw std::invalid_argument(std::string(kind) + " \"" + name + "\" was registered without a function that makes it");
  const auto [position, inserted] = entries.try_emplace(std::move(name), std::move(entry));
  if (!inserted) throw taken(kind, position->first, position->second.origin);
}

template <class Entry>
const Entry* look_up(const std::map<std::string, Entry, std::less<>>& entries, std::string_view name) noexcept {
  const auto position = entries.find(name);
  return position == entries.end() ? nullptr : &position->second;
}

}  // namespace

void NamedRegistry::add_handler(std::string name, Settings settings, MakeHandler make) {
  if (const auto* other = find_stream_handler(name)) throw taken("handler", name, other->origin);
  enrol(handlers_, "handler", std::move(name), HandlerEntry{std::move(settings), std::move(make), origin_});
}

void NamedRegistry::add_middleware(std::string name, Settings settings, MakeMiddleware make) {
  enrol(middlewares_, "middleware", std::move(name), MiddlewareEntry{std::move(settings), std::move(make), origin_});
}

void NamedRegistry::add_stream_handler(std::string name, Settings settings, MakeStreamHandler make) {
  if (const auto* other = find_handler(name)) throw taken("handler", name, other->origin);
  enrol(stream_handlers_, "handler", std::move(name), StreamHandlerEntry{std::move(settings), std::move(make), origin_});
}

const NamedRegistry::HandlerEntry* NamedRegistry::find_handler(std::string_view name) const noexcept { return look_up(handlers_, name); }

const NamedRegistry::MiddlewareEntry* NamedRegistry::find_middleware(std::string_view name) const noexcept {
  return look_up(middlewares_, name);
}

const NamedRegistry::StreamHandlerEntry* NamedRegistry::find_stream_handler(std::string_view name) const noexcept {
  return look_up(stream_handlers_, name);
}

}  // namespace ropeway::module
