// Modules that cannot be used, one for each name that is defined.

#include <cstdlib>
#include <stdexcept>
#include <string>

#if defined(FAULTY_TAG)  // built for something else: no code of it may run
#include <ropeway/version.hpp>
#undef ROPEWAY_VERSION
#define ROPEWAY_VERSION "0.0.7"
#endif

#include <ropeway/module.hpp>

namespace faulty {

#if defined(FAULTY_TAG)
const int ran = []() noexcept {
  std::abort();
  return 0;
}();
#elif defined(FAULTY_SYMBOL)
int nowhere(int number);
#endif

}  // namespace faulty

#if defined(FAULTY_CIRCLE)
ROPEWAY_MODULE_NEEDS("faulty_name");
#elif defined(FAULTY_NAME)
ROPEWAY_MODULE_NAME("faulty_name");
ROPEWAY_MODULE_NEEDS("faulty_circle");
#elif defined(FAULTY_NEEDS)
ROPEWAY_MODULE_NEEDS("greetings");
#endif

#if !defined(FAULTY_MODULE)
ROPEWAY_MODULE(registry) {
#if defined(FAULTY_CLASH)
  registry.handler("greeting", [](const ropeway::Request&) { return ropeway::Response::text("another\n"); });
#elif defined(FAULTY_BUILTIN)
  registry.handler("health", [](const ropeway::Request&) { return ropeway::Response::text("another\n"); });
#elif defined(FAULTY_REGISTRATION)
  throw std::runtime_error("the licence has expired");
#elif defined(FAULTY_SYMBOL)
  registry.handler("nowhere", [](const ropeway::Request&) { return ropeway::Response::text(std::to_string(faulty::nowhere(1))); });
#endif
}
#endif
