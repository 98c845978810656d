#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/content_coding.hpp>
#include <ropeway/middleware.hpp>

#include "handlers/places.hpp"

namespace ropeway::handlers {

/// Decodes the content of requests that have a `Content-Encoding` (RFC 9110 §8.4), so that what stands behind it reads what was meant. Without
/// it content reaches handlers as it was sent.
///
/// Options (the texts in `settings` are the reference): `codings`, `body_bytes` and `streams`.
///
/// Content is decoded when it is read, piece by piece, and never further than that: what a handler does not read costs nothing. Refused are
/// other codings and several on top of one another (415 with `Accept-Encoding`, §12.5.3), content that is not what it says it is or ends early
/// (400), content that becomes longer than `body_bytes` (413; `limits.body_bytes` bounds it as it is sent), and more at once than `streams` (503).
/// Memory: 32 KiB and a decoder (`make_decoder` says how large) for each request whose content is being read, of which there are at most `streams`.
class RequestDecompression final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  explicit RequestDecompression(const ConfigNode& options);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  std::vector<ContentCoding> codings_;
  std::string names_;  // for `Accept-Encoding`
  std::uint64_t body_bytes_;
  Places places_;
};

}  // namespace ropeway::handlers
