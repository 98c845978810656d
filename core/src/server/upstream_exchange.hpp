#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ropeway/awaitable.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>
#include <ropeway/upstream.hpp>

#include "core/src/protocol/http1/response_reader.hpp"
#include "core/src/protocol/send_queue.hpp"
#include "core/src/server/upstream_group.hpp"

namespace ropeway::server {

/// One request to another server and its answer, on a connection that it has for so long. It goes on being used by the stream of the answer's
/// content, and ends with that.
class UpstreamExchange : public std::enable_shared_from_this<UpstreamExchange> {
 public:
  /// `lease` has a connection. `request` lives until `answer` has returned.
  UpstreamExchange(UpstreamGroup& group, UpstreamGroup::Lease lease, Request& request);
  UpstreamExchange(const UpstreamExchange&) = delete;
  UpstreamExchange& operator=(const UpstreamExchange&) = delete;

  /// Sends the request with its content, as far as the server takes it, and reads the head of the answer. Says false where the connection was lost
  /// before a byte of an answer had come; `mistake` tells how, then. Throws as `Upstream::forward` does.
  [[nodiscard]] awaitable<bool> run(const UpstreamRequest& outgoing);
  [[nodiscard]] const std::string& mistake() const noexcept { return mistake_; }
  /// After `run`: the answer, small content complete, other content as a stream. A 101 comes with what its connection is to become.
  [[nodiscard]] awaitable<Response> answer();

  /// Closes the connection, which is of no use any more; nothing is said against the server.
  void give_up() noexcept { lease_.end(); }
  /// Throws `status` with `reason` in the name of the server.
  [[noreturn]] void fail(Status status, std::string_view reason);

 private:
  using Event = protocol::http1::ResponseEvent;
  using Time = UpstreamConnection::Time;
  enum class Input : std::uint8_t { some, none, lost };

  void queue_head(const UpstreamRequest& outgoing);
  void queue_content(std::string_view piece);
  [[nodiscard]] awaitable<bool> send_content();
  [[nodiscard]] awaitable<bool> send_owed();
  [[nodiscard]] bool answers_early();
  [[nodiscard]] awaitable<bool> read_head();
  [[nodiscard]] awaitable<std::string> read_text();
  [[nodiscard]] awaitable<void> copy(BodyWriter& out);
  [[nodiscard]] awaitable<void> wait_for_input(Time deadline, Status late, std::string_view reason);
  [[nodiscard]] Input receive();
  [[nodiscard]] bool is_switch();
  void note_interim();
  [[nodiscard]] awaitable<void> pass_interim();
  [[nodiscard]] bool nobody_waits();
  [[nodiscard]] Response make_response() const;
  [[nodiscard]] Response make_tunnel();
  [[nodiscard]] Time after(std::chrono::milliseconds duration) const noexcept;
  void finish() noexcept;

  UpstreamGroup& group_;
  UpstreamGroup::Lease lease_;
  Request* request_;  // nullptr: the handler has answered
  std::stop_token stop_;
  protocol::http1::ResponseReader reader_;
  protocol::SendQueue output_;
  std::string mistake_;
  std::string upgrade_;  // what was asked for
  unsigned interim_count_ = 0;
  std::vector<std::pair<Status, Headers>> interim_;  // responses that the client has not got yet
  bool chunked_ = false;                             // the request's content
  bool sent_ = false;                                // all of the request
  bool has_head_ = false;
};

}  // namespace ropeway::server
