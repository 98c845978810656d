#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/src/routing/endpoint.hpp"
#include "core/src/routing/site.hpp"

namespace ropeway::routing {

/// Several handlers in turn: the first that has an answer gives it. 404, and 405 (another one may have the method), are no answers; a failure is
/// one, unless it is `HttpError` with such a status. Where none has an answer, the last one's counts, but no 405 where the first one
/// has the method and says 404.
///
/// Content is there for each of them: one that reads it whole leaves it whole; one that has read a part of it, piece by piece, has taken the request,
/// and its answer counts.
class TryEndpoint final : public Endpoint {
 public:
  /// `handlers` is not empty; `services` and the view `route` outlive the endpoint.
  TryEndpoint(std::vector<NamedHandler> handlers, Services& services, std::string_view route);
  [[nodiscard]] Reply serve(Request& request) const override { return run(request); }
  [[nodiscard]] bool starts_at_head() const noexcept override { return true; }

 private:
  struct Entry {
    std::string name;
    std::unique_ptr<Endpoint> endpoint;
  };
  [[nodiscard]] awaitable<Response> run(Request& request) const;
  [[nodiscard]] awaitable<Response> ask(const Entry& entry, Request& request, bool is_last) const;

  std::vector<Entry> entries_;
  Logger& logger_;
  std::string_view route_;
};

}  // namespace ropeway::routing
