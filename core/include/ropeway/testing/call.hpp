#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ropeway/handler.hpp>
#include <ropeway/middleware.hpp>

namespace ropeway::testing {

/// A request for a test, built field by field; it owns all its text.
class RequestBuilder {
 public:
  /// `RequestBuilder("GET", "/a%20b?x=1")`
  RequestBuilder(std::string_view method, std::string_view target);
  RequestBuilder& header(std::string_view name, std::string_view value);
  RequestBuilder& param(std::string_view name, std::string_view value);
  RequestBuilder& body(std::string_view body);
  /// The request, as a handler would receive it. Throws `std::invalid_argument` where the target or a field is malformed.
  [[nodiscard]] Request build() const;
  operator Request() const { return build(); }  // NOLINT(google-explicit-constructor): call(Hello{}, RequestBuilder("GET", "/"))

 private:
  std::string method_;
  std::string target_;
  std::vector<std::pair<std::string, std::string>> fields_;
  std::vector<std::pair<std::string, std::string>> params_;
  std::string body_;
};

/// What `handler` answers, without sockets. A coroutine runs to its end on an event loop of its own. Exceptions of the handler become
/// responses, as in the server.
[[nodiscard]] Response call(const Handler& handler, Request request);
[[nodiscard]] Response call(const AsyncHandler& handler, Request request);
[[nodiscard]] Response call(const BlockingHandler& handler, Request request);
/// In this process, so that a debugger can follow.
[[nodiscard]] Response call(const IsolatedHandler& handler, Request request);
/// What `middleware` answers in front of `handler`.
[[nodiscard]] Response call(const Middleware& middleware, const Handler& handler, Request request);

/// The body of a response as text, whatever its kind (a file is read, a stream is run).
[[nodiscard]] std::string body_of(Response response);

}  // namespace ropeway::testing
