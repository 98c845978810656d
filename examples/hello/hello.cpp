// A server with one endpoint: build it, then `./hello --config ropeway.json` and `curl localhost:8000/hello/world`.

#include <ropeway/ropeway.hpp>

class Hello final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request& request) const override {
    return ropeway::Response::text("Hello, " + std::string(request.param("name")) + "!\n");
  }
};

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) { registry.handler<Hello>("hello"); });
}
