// A handler in a shared object: build it, then `ropeway run --config ropeway.json` and `curl localhost:8000/hello/world`.

#include <ropeway/module.hpp>

namespace hello {

class Hello final : public ropeway::Handler {
 public:
  static ropeway::Settings settings() {
    return {ropeway::Setting::string("greeting", "What stands before the name.").at_least(1).by_default("\"Hello\"")};
  }
  explicit Hello(const ropeway::ConfigNode& options) : greeting_(options.string("greeting")) {}

  ropeway::Response handle(const ropeway::Request& request) const override {
    return ropeway::Response::text(greeting_ + ", " + std::string(request.param("name")) + "!\n");
  }

 private:
  std::string greeting_;
};

}  // namespace hello

ROPEWAY_MODULE(registry) { registry.handler<hello::Hello>("hello"); }
