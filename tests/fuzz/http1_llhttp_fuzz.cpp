// Whatever the bytes: where this parser takes a request, Node's (llhttp) takes the same one. Two servers that find different requests in the
// same bytes are what request smuggling is made of. Being stricter is allowed, being more lenient is not, but for what docs/conformance.md
// lists. Seeds: tests/data/http1.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <llhttp/llhttp.h>

#include <ropeway/response.hpp>

#include "core/src/protocol/http1/codec.hpp"

namespace {

struct Message {
  std::string method;
  std::string target;
  std::string body;
  bool complete = false;
  bool chunked = false;  // only ours tells
};

struct Reading {
  std::vector<Message> messages;
  int error = 0;       // theirs: an llhttp_errno; ours: a status
  std::string reason;  // theirs
  char refused = 0;    // theirs: the character that it stopped at
  bool ended = false;  // by the connection's close, or by an error: what follows is read by nobody

  [[nodiscard]] std::size_t complete() const {
    std::size_t count = 0;
    for (const Message& message : messages) count += message.complete ? 1 : 0;
    return count;
  }
};

Reading ours(std::string_view bytes) {
  using ropeway::protocol::Event;
  static constexpr ropeway::protocol::Limits limits;
  Reading reading;
  ropeway::protocol::http1::Codec codec(limits);
  const auto take_events = [&] {
    while (!reading.ended) {
      const Event event = codec.next();
      switch (event.kind) {
        case Event::Kind::request_head:
          reading.messages.push_back({std::string(codec.head().method_name),
                                      std::string(codec.head().target),
                                      {},
                                      false,
                                      codec.head().has_body && codec.head().content_length == 0});
          break;
        case Event::Kind::body_data: reading.messages.back().body += event.data; break;
        case Event::Kind::request_end: {
          reading.messages.back().complete = true;
          ropeway::Response response;
          codec.respond(response, {});
          reading.ended = codec.closing();
          break;
        }
        case Event::Kind::error:
          reading.error = ropeway::code(event.error.status_hint);
          reading.ended = true;
          break;
        default: return;
      }
    }
  };
  while (!bytes.empty() && !reading.ended) {
    const auto room = codec.prepare();
    const std::size_t size = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), size);
    codec.commit(size);
    bytes.remove_prefix(size);
    take_events();
  }
  return reading;
}

Reading& reading_of(llhttp_t* parser) { return *static_cast<Reading*>(parser->data); }

Reading theirs(std::string_view bytes) {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_message_begin = [](llhttp_t* parser) {
    reading_of(parser).messages.emplace_back();
    return 0;
  };
  settings.on_url = [](llhttp_t* parser, const char* at, std::size_t size) {
    reading_of(parser).messages.back().target.append(at, size);
    return 0;
  };
  settings.on_method = [](llhttp_t* parser, const char* at, std::size_t size) {
    reading_of(parser).messages.back().method.append(at, size);
    return 0;
  };
  settings.on_body = [](llhttp_t* parser, const char* at, std::size_t size) {
    reading_of(parser).messages.back().body.append(at, size);
    return 0;
  };
  settings.on_message_complete = [](llhttp_t* parser) {
    reading_of(parser).messages.back().complete = true;
    return 0;
  };
  Reading reading;
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  parser.data = &reading;
  reading.error = llhttp_execute(&parser, bytes.data(), bytes.size());
  reading.ended = reading.error != HPE_OK;
  if (const char* reason = llhttp_get_error_reason(&parser)) reading.reason = reason;
  const char* position = llhttp_get_error_pos(&parser);
  if (position >= bytes.data() && position < bytes.data() + bytes.size()) reading.refused = *position;
  return reading;
}

[[noreturn]] void disagree(const char* what, const Reading& left, const Reading& right) {
  std::fprintf(stderr, "%s (their error: %s, %s; our status: %d)\n", what, llhttp_errno_name(static_cast<llhttp_errno_t>(right.error)),
               right.reason.c_str(), left.error);
  for (const Reading* reading : {&left, &right}) {
    for (const Message& message : reading->messages) {
      std::fprintf(stderr, "  %s: %s %s, %zu bytes%s\n", reading == &left ? "ours" : "theirs", message.method.c_str(),
                   message.target.c_str(), message.body.size(), message.complete ? "" : ", not complete");
    }
  }
  std::abort();
}

// What llhttp refuses for reasons of its own; docs/conformance.md says which, and why.
bool is_known(const Reading& reading) {
  if (reading.reason.starts_with("Invalid character in chunk extensions")) return true;     // no quoted pairs, no blanks
  if (!reading.messages.empty() && reading.messages.back().method == "PRI") return true;    // of HTTP/2's preface alone
  if (reading.error == HPE_INVALID_CONTENT_LENGTH && reading.refused == '\t') return true;  // a blank like any other (RFC 9110 §5.6.3)
  switch (reading.error) {
    case HPE_INVALID_METHOD:      // it has a list of methods
    case HPE_PAUSED_UPGRADE:      // it stops at CONNECT and at Upgrade, which mean nothing here
    case HPE_INVALID_URL:         // it parses URLs by rules of its own
    case HPE_INVALID_CHUNK_SIZE:  // it knows no blanks around a chunk extension (RFC 9112 §7.1.1)
    case HPE_CLOSED_CONNECTION:   // behind "Connection: close"
      return true;
    default: return false;
  }
}

// Trailer fields are dropped here, whatever they say; llhttp reads a Content-Length or Transfer-Encoding among them and refuses it.
bool is_in_trailer(const Reading& left, const Reading& right) {
  if (right.messages.empty() || right.messages.size() > left.messages.size()) return false;
  const Message& mine = left.messages[right.messages.size() - 1];
  return mine.complete && mine.chunked && mine.body == right.messages.back().body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Reading left = ours(bytes);
  const Reading right = theirs(bytes);
  for (std::size_t i = 0; i < left.messages.size() && i < right.messages.size(); ++i) {
    const Message& mine = left.messages[i];
    const Message& other = right.messages[i];
    if (!mine.complete || !other.complete) break;
    if (right.error == HPE_PAUSED_UPGRADE && i + 1 == right.messages.size()) break;  // it takes what follows for another protocol's
    if (mine.method != other.method) disagree("the methods differ", left, right);
    if (mine.target != other.target) disagree("the targets differ", left, right);
    if (mine.body != other.body) disagree("the contents differ", left, right);
  }
  const bool known = is_known(right) || is_in_trailer(left, right);
  if (left.complete() > right.complete() && !known) disagree("this parser takes what the other does not", left, right);
  const bool waits = right.complete() > left.complete() && !left.ended;
  if (waits && right.error != HPE_PAUSED_UPGRADE) disagree("this parser waits for more where the other is done", left, right);
  return 0;
}
