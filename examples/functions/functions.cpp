// Handlers and a middleware that are functions: for small things, a class is not needed.

#include <ropeway/ropeway.hpp>

using ropeway::awaitable;
using ropeway::Next;
using ropeway::Request;
using ropeway::Response;

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) {
    registry.handler("greet",
                     [](const Request& request) { return Response::text("Hello, " + std::string(request.param("name")) + "!\n"); });

    registry.handler("echo", [](Request& request) -> awaitable<Response> {
      const std::string_view body = co_await request.read_body();
      co_return Response::text(body);
    });

    registry.middleware("powered", [](Request& request, Next next) -> awaitable<Response> {
      Response response = co_await next(request);
      response.header("X-Powered-By", "gravity");
      co_return response;
    });
  });
}
