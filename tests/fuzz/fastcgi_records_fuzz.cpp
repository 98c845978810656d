// Whatever a FastCGI responder says: the same events come of it however it is cut, with the same content, and nothing is read twice or left out.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "handlers/fastcgi/record_reader.hpp"

namespace {

using ropeway::handlers::RecordReader;
using Kind = RecordReader::Kind;

[[noreturn]] void fail(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::abort();
}

std::string end_of(const RecordReader& reader, Kind kind) {
  if (kind == Kind::end)
    return "end " + std::to_string(static_cast<int>(reader.outcome())) + " " + std::to_string(reader.application_status());
  if (reader.mistake().empty()) fail("it does not say what is wrong");
  return "malformed " + std::string(reader.mistake());
}

std::string told(std::string_view bytes, std::size_t step) {
  RecordReader reader;
  std::string output;
  std::string error;
  std::string end = "incomplete";
  for (bool goes_on = true; goes_on && !bytes.empty();) {
    const std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    reader.add(piece);
    for (;;) {
      const RecordReader::Event event = reader.next();
      if (event.kind == Kind::need_input) break;
      if (event.kind == Kind::end || event.kind == Kind::malformed) {
        if (reader.next().kind != event.kind) fail("it goes on behind its end");
        end = end_of(reader, event.kind);
        goes_on = false;
        break;
      }
      const bool is_inside = event.data.data() >= piece.data() && event.data.data() + event.data.size() <= piece.data() + piece.size();
      if (event.data.empty() || !is_inside) fail("content is not what came");
      (event.kind == Kind::output ? output : error) += event.data;
    }
    if (goes_on && reader.has_rest()) fail("something was left unread");
  }
  return output + "\n" + error + "\n" + end;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = told(bytes, std::max<std::size_t>(size, 1));
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{17}}) {
    if (told(bytes, step) != whole) fail("what is read depends on how the bytes are cut");
  }
  return 0;
}
