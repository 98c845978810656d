#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/awaitable.hpp>
#include <ropeway/config_node.hpp>
#include <ropeway/headers.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>
#include <ropeway/setting.hpp>

namespace ropeway {

/// Where another HTTP server is reached: "http://10.0.0.7:9000", "http://[::1]:9001/base", "http://app.internal", "unix:/run/app.sock" or
/// "unix:/run/app.sock:/base".
struct UpstreamAddress {
  std::string url;          ///< as written, for logs
  std::string host;         ///< a name or a numeric address; empty for a unix socket
  std::uint16_t port = 80;  ///< of TCP
  std::string socket;       ///< the path of a unix socket
  std::string base;         ///< in front of every target; empty, or begins with "/" and does not end with it
  std::string authority;    ///< what it is called in `Host`

  /// Throws `std::invalid_argument` with what is wrong.
  [[nodiscard]] static UpstreamAddress from(std::string_view text);
};

/// How it is found out whether a server is well, without a client's request: it is asked for `path`, and any status below 400 will do.
struct UpstreamHealth {
  std::string path;                           ///< behind the server's `base`; empty: it is not asked
  std::chrono::milliseconds interval{5'000};  ///< from the end of one check to the next
  std::chrono::milliseconds timeout{2'000};   ///< from its beginning to the head of the answer
  unsigned failures = 2;                      ///< in a row, after which the server is left out; the very first check counts at once
  unsigned successes = 2;                     ///< in a row, after which it is not

  /// The setting `health`, for the options of a handler that speaks HTTP to the servers.
  [[nodiscard]] static Setting setting();
  /// What the object `health` says.
  [[nodiscard]] static UpstreamHealth from(const ConfigNode& health);
};

/// Servers that do the same, and how they are treated. Numbers of connections are those of one worker.
struct UpstreamOptions {
  enum class Policy : std::uint8_t { round_robin, least_connections };
  Policy policy = Policy::round_robin;
  std::size_t connections = 128;                       ///< to each server
  std::size_t queue = 256;                             ///< requests that wait for a connection; past it, status 503
  std::chrono::milliseconds queue_time{10'000};        ///< that a request waits for one; past it, status 503
  std::chrono::milliseconds keep{30'000};              ///< that a connection stays open between two requests; 0: none does
  std::chrono::milliseconds connect_timeout{5'000};    ///< until a connection is there
  std::chrono::milliseconds response_timeout{55'000};  ///< from the end of the request to the head of the answer; past it, status 504
  std::chrono::milliseconds idle_timeout{60'000};      ///< between two pieces of content, in either direction
  std::chrono::milliseconds tunnel_idle{
      3'600'000};                           ///< of a connection that has changed to another protocol: without a byte of either side
  std::size_t head_bytes = 32U * 1024U;     ///< of an answer's status line and fields; past it, status 502
  unsigned failures = 3;                    ///< in a row, after which a server is left out; 0: it never is
  std::chrono::milliseconds pause{10'000};  ///< for so long
  UpstreamHealth health = {};               ///< each worker asks for itself; where no server is well, any of them gets requests

  /// The settings, for the options of a handler.
  [[nodiscard]] static Settings settings();
  /// What `options`, which declare them, say.
  [[nodiscard]] static UpstreamOptions from(const ConfigNode& options);
};

/// A request to another server, but for its content and for what frames it.
struct UpstreamRequest {
  std::string_view method;
  std::string target;  ///< begins with "/"; what stands in front of it is the server's `base`
  /// Without those that frame a message or concern one connection (`Content-Length`, `Transfer-Encoding`, `Connection`, `Expect` and the like). Without
  /// `Host`, it is the server's own.
  Headers headers;
  /// Protocols that the server may change to, as the field `Upgrade` has them ("websocket"); empty for none. They are asked for where the client's
  /// connection can change, too: its request is of HTTP/1.1, has no content, and is not one that the server asks itself (`Services::get`).
  std::string upgrade = {};
};

/// A connection to a server behind, for a handler that speaks another protocol than HTTP to it. It is closed with this object, unless it is kept,
/// and nobody else has it meanwhile. One call at a time. It is not to outlive its group.
class UpstreamStream {
 public:
  /// What the server says while something is sent to it: a view that ends with the call. Says whether to go on sending.
  using EarlyInput = std::function<bool(std::string_view)>;

  virtual ~UpstreamStream() = default;

  /// As `UpstreamAddress::url`. Lives as long as the group.
  [[nodiscard]] virtual std::string_view url() const noexcept = 0;
  /// Whether it has served another request before, so that the server may have closed it just now.
  [[nodiscard]] virtual bool was_kept() const noexcept = 0;

  /// Sends `bytes`; returns when the kernel has taken all of them. Says false where the connection is lost, or `early` does not want to go on. Throws
  /// `HttpError` 504 where the server takes nothing for `idle_timeout`, and `ConnectionLost` when nobody waits any more, or the worker ends.
  [[nodiscard]] virtual awaitable<bool> write(std::string bytes, EarlyInput early) = 0;
  /// The next piece of what the server says, valid until the next call; empty where it has closed the connection. Nothing where `patience` is over
  /// first; 0: without waiting. It may take half a second longer. Throws `ConnectionLost` as `write` does.
  [[nodiscard]] virtual awaitable<std::optional<std::string_view>> read_within(std::chrono::milliseconds patience) = 0;
  /// The handler is about to answer with a stream, so its `Request` will end before this object does: it is not looked at any more. Whether
  /// anybody still waits is known all the same.
  virtual void let_request_go() = 0;

  /// The server has answered, which ends its row of failures.
  virtual void succeeded() noexcept = 0;
  /// Gives the connection back, for another request: both sides have said all that they had to say. Nothing else may be called then.
  virtual void keep() noexcept = 0;
  /// Closes the connection, counts a failure of the server, and throws `HttpError` with that status, and with the server's name in front of `reason`.
  [[noreturn]] virtual void fail(Status status, std::string_view reason) = 0;
};

/// A group of servers, with the connections to them that are kept. Many threads may use it at once.
class Upstream {
 public:
  virtual ~Upstream() = default;

  /// Sends `outgoing` with the content of `request` (what was read of it already, or what comes) to one of the servers, and gives its answer: status,
  /// and all fields but those that concern its connection. Small content is complete; other content is a stream that reads as its client does. Interim
  /// responses are passed on, but for 100, which the client gets when its content is wanted. A server that cannot be connected to is passed over for another one; a kept connection that turns out
  /// to be closed is replaced where nothing can happen twice (RFC 9110 §9.2.2).
  /// Where the server changes to one of the protocols in `outgoing.upgrade`, the answer is its 101 (RFC 9110 §7.8). When that is what the client
  /// gets, bytes go both ways from then on, until both sides have ended theirs or `tunnel_idle` has passed; the connection is none of
  /// `options.connections` any more. Such a request has a connection of its own, and is not repeated once anything of it was sent.
  /// Answers 503 with `Retry-After` where no connection is free. Throws `HttpError`: 502 where there was no answer, or one that is malformed, 504
  /// where it took too long; `std::invalid_argument` where `outgoing` is no request; what `BodyReader::read` throws; and `ConnectionLost` when the client has gone, which ends the request to the server, too.
  [[nodiscard]] virtual awaitable<Response> forward(Request& request, UpstreamRequest outgoing) = 0;

  /// A connection to one of the servers, for `request`, which outlives it or is let go. Waits for one, and passes over servers that cannot be
  /// connected to, as `forward` does. `fresh`: not one that was kept. Gives nullptr where none is free (`busy` is the answer then).
  /// Throws `HttpError` 502 where no server can be connected to, and `ConnectionLost` when the client has gone meanwhile.
  [[nodiscard]] virtual awaitable<std::unique_ptr<UpstreamStream>> connect(Request& request, bool fresh) = 0;
  /// 503 with `Retry-After`.
  [[nodiscard]] static Response busy();
};

/// Makes groups of servers, in the constructors of handlers, and only there.
class Upstreams {
 public:
  virtual ~Upstreams() = default;
  /// Looks the names of hosts up, once and now. Throws `std::invalid_argument` where there is none of a name. `addresses` is not empty.
  [[nodiscard]] virtual std::shared_ptr<Upstream> group(std::vector<UpstreamAddress> addresses, const UpstreamOptions& options) = 0;
};

}  // namespace ropeway
