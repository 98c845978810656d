#pragma once

#include <memory>

#include <ropeway/child_process.hpp>
#include <ropeway/config_node.hpp>
#include <ropeway/handler.hpp>
#include <ropeway/services.hpp>

#include "handlers/cgi/scripts.hpp"

namespace ropeway::handlers {

/// Runs scripts by the Common Gateway Interface, version 1.1 (RFC 3875): a process for each request, without a shell, with limits.
///
/// Options: the texts in `settings` are the reference. With `root`, the first name in the path below it that is a file is the script, and the
/// rest is its PATH_INFO; it has to be executable, or to have an extension of `interpreters`. What path means which file, and the confinement to
/// the root, are as in `static_files`; names that begin with a dot are not found.
///
/// The request's content is complete before the script starts, and its standard input is a file. Answers that are small and soon complete are
/// sent whole; others as they come. A script that dies, or whose answer is none, is 502, one that takes too long 504, too many at once 503.
class Cgi final : public AsyncHandler {
 public:
  [[nodiscard]] static Settings settings();
  /// Throws `ConfigErrors`.
  Cgi(const ConfigNode& options, Services& services);
  [[nodiscard]] awaitable<Response> handle(Request& request) const override;

 private:
  [[nodiscard]] Program program_for(const Request& request, const Script& script) const;

  Services& services_;
  Scripts scripts_;
  CommonVariables common_;
  std::shared_ptr<ChildPool> pool_;
};

}  // namespace ropeway::handlers
