#include "launcher/src/plan.hpp"

#include <charconv>

#include "launcher/src/development.hpp"

namespace ropeway::launcher {
namespace {

// Each value is "size:bytes", one after another, in the order in which `fields` visits them.
class Writer {
 public:
  void operator()(const std::string& value) { bytes += std::to_string(value.size()) + ":" + value; }
  template <class Number>
    requires std::is_integral_v<Number> || std::is_enum_v<Number>
  void operator()(const Number& value) {
    (*this)(std::to_string(static_cast<long long>(value)));
  }
  std::string bytes;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  void operator()(std::string& value) {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
    const auto colon = static_cast<std::size_t>(end - rest_.data());
    if (error != std::errc() || colon >= rest_.size() || rest_[colon] != ':' || rest_.size() - colon - 1 < size) {
      good_ = false;
      rest_ = {};
      return;
    }
    value = rest_.substr(colon + 1, size);
    rest_.remove_prefix(colon + 1 + size);
  }
  template <class Number>
    requires std::is_integral_v<Number> || std::is_enum_v<Number>
  void operator()(Number& value) {
    std::string text;
    (*this)(text);
    long long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    good_ = good_ && error == std::errc() && end == text.data() + text.size();
    value = static_cast<Number>(number);
  }
  [[nodiscard]] bool whole() const noexcept { return good_ && rest_.empty(); }
  [[nodiscard]] bool good() const noexcept { return good_; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

// Both directions in one list. `Plan` is const for the writer.
template <class Visit, class Value>
void optional_field(Visit& visit, Value& value) {
  long long number = value ? static_cast<long long>(*value) : -1;
  visit(number);
  if constexpr (!std::is_const_v<Value>) {
    value.reset();
    if (number >= 0) value = static_cast<unsigned>(number);
  }
}

template <class Visit, class Value>
void duration_field(Visit& visit, Value& value) {
  long long number = value.count();
  visit(number);
  if constexpr (!std::is_const_v<Value>) value = std::chrono::milliseconds(number);
}

template <class Visit, class Address>
void address_fields(Visit& visit, Address& address) {
  visit(address.family);
  visit(address.host);
  visit(address.port);
  visit(address.pointer);
  visit(address.text);
  visit(address.proxy_protocol);
  optional_field(visit, address.stream);
}

template <class Visit, class APlan>
void fields(Visit& visit, APlan& plan) {
  optional_field(visit, plan.processes);
  visit(plan.scales);
  optional_field(visit, plan.most_processes);
  optional_field(visit, plan.threads);
  visit(plan.log.level);
  visit(plan.log.file);
  visit(plan.log.format);
  visit(plan.log.access.file);
  visit(plan.log.access.format);
  duration_field(visit, plan.drain);
  duration_field(visit, plan.drain_grace);
  duration_field(visit, plan.stall.warn);
  duration_field(visit, plan.stall.rescue);
  duration_field(visit, plan.stall.kill);
  visit(plan.quarantine.crashes);
  duration_field(visit, plan.quarantine.window);
  duration_field(visit, plan.quarantine.release);
  visit(plan.canary.percent);
  visit(plan.canary.slower);
  duration_field(visit, plan.canary.duration);
  duration_field(visit, plan.canary.start);
  visit(plan.recycle.requests);
  visit(plan.recycle.memory);
  duration_field(visit, plan.recycle.age);
  visit(plan.shared.counters);
  visit(plan.shared.rate_limits);
  visit(plan.shared.cache_bytes);
  visit(plan.shared.bus_bytes);
  visit(plan.affinity.mode);
  list_fields(visit, plan.affinity.cpus, [](Visit& set, auto& cpus) { list_fields(set, cpus, [](Visit& each, auto& cpu) { each(cpu); }); });
  visit(plan.keeper);
  visit(plan.development);
  visit(plan.control);
  visit(plan.pid_file);
  identity_fields(visit, plan.identity);
  visit(plan.connections);
  visit(plan.blocking_threads);
}

template <class Visit, class Route>
void route_fields(Visit& visit, Route& route) {
  visit(route.match);
  visit(route.handler);
}

// A list, each element's fields by `each`.
template <class Visit, class List, class Each>
void list_fields(Visit& visit, List& list, Each each) {
  std::size_t size = list.size();
  visit(size);
  if constexpr (std::is_const_v<List>) {
    for (const auto& element : list) each(visit, element);
  } else {
    for (; size > 0 && visit.good(); --size) each(visit, list.emplace_back());
  }
}

template <class Visit, class OptionalIdentity>
void identity_fields(Visit& visit, OptionalIdentity& identity) {
  bool there = identity.has_value();
  visit(there);
  if constexpr (!std::is_const_v<OptionalIdentity>) {
    if (there) identity.emplace();
  }
  if (!there) return;
  visit(identity->user);
  visit(identity->uid);
  visit(identity->gid);
  list_fields(visit, identity->groups, [](Visit& each, auto& group) { each(group); });
}

}  // namespace

Plan plan_of(const config::ServerConfig& config) {
  Plan plan;
  plan.processes = config.processes;
  plan.scales = config.scales;
  plan.most_processes = config.most_processes;
  plan.threads = config.threads;
  plan.listen = config.listen;
  plan.log = config.log;
  plan.drain = config.timeouts.drain;
  plan.drain_grace = config.timeouts.drain_grace;
  plan.connections = config.limits.connections;
  plan.blocking_threads = config.blocking.threads;
  plan.stall = config.stall;
  plan.quarantine = config.quarantine;
  plan.canary = config.canary;
  plan.recycle = config.recycle;
  plan.shared = config.shared;
  plan.affinity = config.affinity;
  plan.keeper = config.keeper;
  plan.development = config.development;
  plan.control = config.control;
  plan.pid_file = config.pid_file;
  for (const auto& route : config.routes) plan.routes.push_back({route.match, route.handler.name});
  if (config.development) plan.routes.push_back({live_reload_match, live_reload});
  for (const auto& stream : config.streams) plan.routes.push_back({stream.address, stream.handler.name});
  return plan;
}

std::string encode(const Plan& plan) {
  Writer write;
  fields(write, plan);
  write(plan.listen.size());
  for (const auto& address : plan.listen) address_fields(write, address);
  write(plan.routes.size());
  for (const auto& route : plan.routes) route_fields(write, route);
  return std::move(write.bytes);
}

std::optional<Plan> decode(std::string_view bytes) {
  Plan plan;
  Reader read(bytes);
  fields(read, plan);
  std::size_t addresses = 0;
  read(addresses);
  for (; addresses > 0 && read.good(); --addresses) address_fields(read, plan.listen.emplace_back());
  std::size_t routes = 0;
  read(routes);
  for (; routes > 0 && read.good(); --routes) route_fields(read, plan.routes.emplace_back());
  if (!read.whole()) return std::nullopt;
  return plan;
}

}  // namespace ropeway::launcher
