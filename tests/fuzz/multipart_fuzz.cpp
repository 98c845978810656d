// Whatever the bytes: a form is taken apart into the same parts however it is cut, and the decoder holds no more than its bounds and a piece.
// The first line of the input is the boundary.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/src/http/multipart.hpp"

namespace {

using ropeway::http::MultipartDecoder;

std::string decoded(std::string_view boundary, std::string_view bytes, std::size_t step) {
  ropeway::FormLimits limits;
  limits.parts = 5;
  limits.head_bytes = 200;
  MultipartDecoder decoder(boundary, limits);
  std::string text;
  for (;;) {
    switch (decoder.next()) {
      case MultipartDecoder::Event::need_input:
        if (bytes.empty()) return text + "\n...";
        decoder.feed(bytes.substr(0, step));
        bytes.remove_prefix(std::min(step, bytes.size()));
        break;
      case MultipartDecoder::Event::part:
        text += "\npart " + decoder.part().name + "|" + decoder.part().filename.value_or("-") + "|" + decoder.part().media_type + "\n";
        break;
      case MultipartDecoder::Event::data: text += decoder.data(); break;
      case MultipartDecoder::Event::part_end: text += "\nend of part"; break;
      case MultipartDecoder::Event::end: return text + "\nend";
      case MultipartDecoder::Event::malformed: return text + "\nmalformed";
      case MultipartDecoder::Event::too_large: return text + "\nlarge";
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(bytes.find('\n'), bytes.size());
  const auto boundary = ropeway::http::form_boundary("multipart/form-data; boundary=\"" + std::string(bytes.substr(0, line)) + "\"");
  bytes.remove_prefix(std::min(line + 1, bytes.size()));
  if (!boundary || boundary->empty() || bytes.empty()) return 0;
  const std::string whole = decoded(*boundary, bytes, bytes.size());
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{17}}) {
    if (decoded(*boundary, bytes, step) == whole) continue;
    std::fprintf(stderr, "the parts depend on how the bytes are cut\n");
    std::abort();
  }
  return 0;
}
