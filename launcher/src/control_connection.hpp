#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "launcher/src/descriptor.hpp"
#include "launcher/src/options.hpp"

namespace ropeway::launcher {

/// The server has closed the connection before it answered.
class ConversationEnded final : public std::runtime_error {
 public:
  ConversationEnded() : std::runtime_error("the server has ended the conversation") {}
};

/// A client's end of the control socket of a server that runs.
class ControlConnection {
 public:
  /// To the server that the options name. Throws `std::runtime_error` with a sentence where there is none.
  explicit ControlConnection(const Options& options);
  /// Sends a request and waits for its answer. Throws `ConversationEnded`.
  [[nodiscard]] nlohmann::json ask(const nlohmann::json& request);
  /// Waits until the server closes the connection.
  void wait_for_end();

 private:
  [[nodiscard]] std::optional<std::string> read_line();
  Descriptor socket_;
  std::string received_;
};

}  // namespace ropeway::launcher
