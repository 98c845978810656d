#pragma once

#include <utility>

#include "launcher/src/probe.hpp"
#include "tests/support/socket_address.hpp"

namespace ropeway::testing {

/// The probe of `ropeway drill`, for tests: answers must have the body that is asked for.
class StrictClient final : public launcher::Probe {
 public:
  StrictClient(const SocketAddress& address, Options options) : Probe({address.host, address.port, address.path}, std::move(options)) {}
};

}  // namespace ropeway::testing
