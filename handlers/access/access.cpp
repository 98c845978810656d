#include "handlers/access/access.hpp"

namespace ropeway::handlers {

Settings Access::settings() {
  const auto network = [] { return Setting::string("network", "An address, a network, or `unix`.").at_least(1); };
  return {
      Setting::list("allow",
                    "Who passes: addresses, networks such as `10.0.0.0/8` or `fd00::/8`, and `unix` for unix sockets. Where there is any, "
                    "whoever is in no list is refused.",
                    network())
          .at_most(100'000)
          .by_default("[]"),
      Setting::list("deny", "Who is refused. Of both lists, the narrowest network that holds an address decides.", network())
          .at_most(100'000)
          .by_default("[]"),
  };
}

Access::Access(const ConfigNode& options) : allows_others_(options.strings("allow").empty()) {
  MistakeCollector mistakes;
  std::size_t count = 0;
  for (const char* list : {"allow", "deny"}) {
    for (const std::string& network : options.strings(list)) {
      ++count;
      mistakes.collect([&] {
        const std::string mistake = networks_.add(network, list[0] == 'a');
        if (!mistake.empty()) throw options.error(list, mistake);
      });
    }
  }
  mistakes.throw_if_any();
  if (count == 0) throw options.error("allow", R"(name networks in "allow" or "deny": without any, everybody passes)");
}

bool Access::allows(std::string_view address) const {
  if (const auto verdict = networks_.find(address)) return *verdict;
  return allows_others_ && (address == "unix" || Networks::parse(address));
}

awaitable<Response> Access::handle(Request& request, Next next) const {
  if (!allows(request.client_address())) co_return Response::error(Status::forbidden);
  co_return co_await next(request);
}

}  // namespace ropeway::handlers
