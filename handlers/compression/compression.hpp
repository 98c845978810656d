#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/content_coding.hpp>
#include <ropeway/middleware.hpp>
#include <ropeway/services.hpp>

#include "handlers/places.hpp"

namespace ropeway::handlers {

/// Compresses what stands behind it answers, for clients that want it (RFC 9110 §12.5.3).
///
/// Options (the texts in `settings` are the reference): `codings`, `levels`, `types`, `min_bytes` and `streams`.
///
/// Left as they are: responses without content, with a `Content-Encoding` or `Content-Range`, with `Cache-Control: no-transform`
/// (RFC 9110 §7.7), of other types, and shorter ones than `min_bytes`. All that could be compressed get `Vary: Accept-Encoding`. A strong entity
/// tag becomes a weak one, since it names other bytes (§8.8.1): `If-None-Match` goes on working, `If-Range` then gives the whole.
///
/// Content in memory is compressed in one piece, and keeps a length; files and streams are compressed while they are sent, and what a stream
/// flushes can be decoded at once. Long pieces are the blocking pool's work, so the event loop is not held up.
/// Memory: an encoder (0.3 to 3 MB) for each response that is being compressed while it is sent, of which there are at most `streams`; where
/// all are taken a response goes out as it is.
class Compression final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  /// Throws `ConfigError` for a level that its coding does not have, and a type that is none.
  Compression(const ConfigNode& options, Services& services);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  /// Whether a response is of the kind that is compressed, whoever asks.
  [[nodiscard]] bool suits(const Response& response) const noexcept;
  [[nodiscard]] bool is_listed(std::string_view media_type) const noexcept;
  [[nodiscard]] std::unique_ptr<ContentEncoder> encoder(ContentCoding coding) const;
  [[nodiscard]] awaitable<bool> encode_in_memory(Response& response, ContentCoding coding) const;
  [[nodiscard]] bool encode_while_sent(Response& response, ContentCoding coding) const;

  BlockingPool& pool_;
  std::vector<ContentCoding> codings_;  // the first is preferred
  std::array<int, 4> levels_;           // by coding
  std::vector<std::string> types_;      // "text/html", or "text/" for all below it
  std::uint64_t min_bytes_;
  Places places_;  // for what is compressed while it is sent
};

}  // namespace ropeway::handlers
