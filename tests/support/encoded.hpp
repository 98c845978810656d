#pragma once

#include <string>
#include <string_view>

#include <ropeway/content_coding.hpp>

namespace ropeway::testing {

/// `text` in `coding`, at its fastest level.
[[nodiscard]] inline std::string encoded(ContentCoding coding, std::string_view text) {
  std::string bytes;
  const auto encoder = make_encoder(coding, encoder_levels(coding).lowest);
  encoder->encode(text, bytes);
  encoder->finish(bytes);
  return bytes;
}

/// Text of that size that compresses well, but is no single run.
[[nodiscard]] inline std::string prose(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += "line " + std::to_string(i * 7919 % 1000) + " of the content\n";
  text.resize(size);
  return text;
}

}  // namespace ropeway::testing
