// Serves what ropeway.json says. A handler of your own gets its name here, and its place among the routes there:
//
//     { "match": "GET /hello/{name}", "handler": "hello" }

#include <ropeway/ropeway.hpp>

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) {
    registry.handler("hello", [](const ropeway::Request& request) {
      return ropeway::Response::text("Hello, " + std::string(request.param("name")) + "!\n");
    });
  });
}
