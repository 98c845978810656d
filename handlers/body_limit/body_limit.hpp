#pragma once

#include <cstdint>

#include <ropeway/config_node.hpp>
#include <ropeway/middleware.hpp>

namespace ropeway::handlers {

/// Bounds the content of requests to some routes more tightly than `limits.body_bytes` does for all: past `bytes`, status 413. Where a request
/// says beforehand how long its content is, it is refused before any of it is read. Behind `request_decompression` it counts what was decoded.
class BodyLimit final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  explicit BodyLimit(const ConfigNode& options);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  std::uint64_t bytes_;
};

}  // namespace ropeway::handlers
