#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <ropeway/awaitable.hpp>
#include <ropeway/clock.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>
#include <ropeway/upstream.hpp>

#include "handlers/answer_parser.hpp"
#include "handlers/fastcgi/record_reader.hpp"
#include "handlers/fastcgi/script_messages.hpp"

namespace ropeway::handlers {

/// One request to a FastCGI responder and its answer, on a connection that it has for so long. It goes on being used by the stream of the answer's
/// content, and ends with that: what is not complete then is given up with its connection, by which a responder learns that nobody waits.
class ResponderExchange : public std::enable_shared_from_this<ResponderExchange> {
 public:
  /// What all exchanges of a handler have alike; it outlives them.
  struct Settings {
    const UpstreamOptions& options;
    const Clock& clock;
    Logger& log;
    const std::string& route;
  };
  ResponderExchange(const Settings& settings, std::unique_ptr<UpstreamStream> stream, std::string script, std::string request_id);
  ResponderExchange(const ResponderExchange&) = delete;
  ResponderExchange& operator=(const ResponderExchange&) = delete;

  /// Sends `head`, which are the records of the variables, and the content of `request`, and reads the header of the answer. Says false where the
  /// connection was lost before a byte of an answer had come. Throws `HttpError`: 502 for an answer that is none, 503 where the responder is
  /// overloaded, 504 where it took too long; and `ConnectionLost`.
  [[nodiscard]] awaitable<bool> run(Request& request, std::string head);
  /// After `run`: where the answer is what another resource of this server gives, its path; else empty.
  [[nodiscard]] const std::string& local() const noexcept { return header_.local(); }
  /// Reads the rest and drops it. Throws as `run` does.
  [[nodiscard]] awaitable<void> drop_rest();
  /// After `run`: the answer. What has been written with its header is complete, other content is a stream.
  [[nodiscard]] awaitable<Response> answer(Request& request);
  /// The connection was lost without an answer. Throws `HttpError` 502.
  [[noreturn]] void fail_lost();

 private:
  using Patience = std::chrono::milliseconds;

  [[noreturn]] void fail(Status status, std::string_view reason);
  [[nodiscard]] awaitable<bool> send(std::string records);
  [[nodiscard]] awaitable<bool> send_text(std::string_view content);
  [[nodiscard]] awaitable<bool> send_stream(Request& request);
  [[nodiscard]] bool take_early(std::string_view bytes);
  [[nodiscard]] awaitable<std::optional<std::string_view>> output_within(Patience patience);
  [[nodiscard]] awaitable<std::string_view> output_in_time();
  [[nodiscard]] awaitable<void> copy(BodyWriter& out, std::string begun);
  void check_outcome();
  void finish() noexcept;

  const Settings settings_;
  std::unique_ptr<UpstreamStream> stream_;  // nullptr: given back
  ScriptMessages messages_;
  RecordReader reader_;
  AnswerParser header_;
  std::string early_;       // output that came while the request was being sent
  std::string piece_;       // that output while it is read
  bool has_begun_ = false;  // something has come
  bool sent_ = false;       // all of the request
  bool lost_ = false;       // the connection, before anything had come
  bool ended_ = false;
};

}  // namespace ropeway::handlers
