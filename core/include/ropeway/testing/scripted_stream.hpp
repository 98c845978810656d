#pragma once

#include <string>
#include <vector>

#include <ropeway/stream.hpp>

namespace ropeway::testing {

/// What `handler` writes to a client that sends `pieces`, one after another, and then ends its side; without sockets. It runs to its end on an
/// event loop of its own. Throws what the handler throws.
[[nodiscard]] std::string talk(const StreamHandler& handler, std::vector<std::string> pieces);

}  // namespace ropeway::testing
