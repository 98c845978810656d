#include "core/src/protocol/http1/serializer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

namespace ropeway::protocol::http1 {
namespace {

// The status lines that nearly all responses have; "" for the others.
constexpr std::string_view ready_status_line(Status status) noexcept {
  switch (status) {
    case Status::ok: return "HTTP/1.1 200 OK\r\n";
    case Status::created: return "HTTP/1.1 201 Created\r\n";
    case Status::no_content: return "HTTP/1.1 204 No Content\r\n";
    case Status::partial_content: return "HTTP/1.1 206 Partial Content\r\n";
    case Status::moved_permanently: return "HTTP/1.1 301 Moved Permanently\r\n";
    case Status::found: return "HTTP/1.1 302 Found\r\n";
    case Status::see_other: return "HTTP/1.1 303 See Other\r\n";
    case Status::not_modified: return "HTTP/1.1 304 Not Modified\r\n";
    case Status::bad_request: return "HTTP/1.1 400 Bad Request\r\n";
    case Status::forbidden: return "HTTP/1.1 403 Forbidden\r\n";
    case Status::not_found: return "HTTP/1.1 404 Not Found\r\n";
    case Status::internal_server_error: return "HTTP/1.1 500 Internal Server Error\r\n";
    default: return {};
  }
}

// The status line of any status, put together in `buffer`; the longest registered reason has 31 characters.
std::string_view make_status_line(Status status, std::array<char, 64>& buffer) noexcept {
  constexpr std::string_view version = "HTTP/1.1 ";
  const std::string_view reason = reason_phrase(status);
  char* at = buffer.data();
  const auto add = [&at](std::string_view text) {
    std::memcpy(at, text.data(), text.size());
    at += text.size();
  };
  add(version);
  at = std::to_chars(at, at + 3, code(status)).ptr;
  add(" ");
  add(reason);
  add(line_end);
  return {buffer.data(), static_cast<std::size_t>(at - buffer.data())};
}

// The fields that say how the message is framed and how long the connection lives, and Date, which `common_fields` brings.
bool is_ours(std::string_view name) noexcept {
  switch (name.size()) {
    case 4: return same_field_name(name, "Date");
    case 10: return same_field_name(name, "Connection") || same_field_name(name, "Keep-Alive");
    case 14: return same_field_name(name, "Content-Length");
    case 17: return same_field_name(name, "Transfer-Encoding");
    default: return false;
  }
}

constexpr std::string_view server_field = "Server";

bool has_our_fields(const Headers& headers) noexcept {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const std::string_view name = headers[i].name;
    if (is_ours(name) || same_field_name(name, server_field)) return true;
  }
  return false;
}

// The rare case: a handler set a field that it should not have.
std::string without_our_fields(const Headers& headers) {
  std::string kept;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const HeaderField field = headers[i];
    if (!is_ours(field.name)) kept.append(field.name).append(": ").append(field.value).append(line_end);
  }
  return kept;
}

std::string_view first_line(std::string_view fields) noexcept {
  return fields.substr(0, std::min(fields.find(line_end), fields.size() - line_end.size()) + line_end.size());
}

// A response that names a protocol to change to says so here, too (RFC 9110 §7.8).
std::string_view connection_line(const ResponseContext& context, Status status) noexcept {
  if (status == Status::upgrade_required) return context.close ? "Connection: close, Upgrade\r\n" : "Connection: Upgrade\r\n";
  if (context.close) return "Connection: close\r\n";
  return context.version == Version::http_1_0 ? std::string_view("Connection: keep-alive\r\n") : std::string_view();
}

// "Content-Length: ...", made without memory of its own.
class LengthLine {
 public:
  explicit LengthLine(std::uint64_t length) noexcept {
    constexpr std::string_view name = "Content-Length: ";
    std::memcpy(text_.data(), name.data(), name.size());
    char* const end = std::to_chars(text_.data() + name.size(), text_.data() + text_.size() - 2, length).ptr;
    std::memcpy(end, line_end.data(), line_end.size());
    size_ = static_cast<std::size_t>(end - text_.data()) + line_end.size();
  }
  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, 40> text_;  // 16 + 20 digits + 2
  std::size_t size_;
};

// Content that is not in the text behind the head.
void queue_content(Body& body, SendQueue& output) {
  if (const SharedBytes* shared = body.shared()) {
    output.append(*shared);
  } else if (const FileSlice* file = body.file()) {
    output.append(*file);
  } else if (const Body::Parts* parts = body.parts()) {
    if (*parts == nullptr) return;
    for (const Body::Part& part : **parts) {
      output.append(std::string_view(part.text));
      output.append(part.slice);
    }
  } else {
    output.append(body.take_text());
  }
}

}  // namespace

StreamCoding serialize(Response& response, const ResponseContext& context, SendQueue& output) {
  const bool valid =
      code(response.status()) >= 200 && code(response.status()) <= 999;  // an interim or impossible status would hang the client
  const Status status = valid ? response.status() : Status::internal_server_error;
  Body& body = response.body();
  const bool stream = body.is_stream() && context.allow_stream;
  const bool without_content = !valid || is_bodiless(status) || status == Status::reset_content || (body.is_stream() && !stream);
  const std::uint64_t length = without_content ? 0 : body.size();
  const bool sends_content = !without_content && !context.head_request;

  std::array<char, 64> status_buffer;
  std::string_view status_line = ready_status_line(status);
  if (status_line.empty()) status_line = make_status_line(status, status_buffer);

  std::string filtered;
  std::string_view fields = response.headers().wire();
  std::string_view common_fields = context.common_fields;
  if (!fields.empty() && has_our_fields(response.headers())) {
    filtered = without_our_fields(response.headers());
    fields = filtered;
    const bool names_itself = response.headers().contains(server_field);
    if (names_itself && !common_fields.empty()) common_fields = first_line(common_fields);
  }

  const bool sized = length != Body::unknown_length;
  const LengthLine length_line(sized ? length : 0);
  std::string_view framing_line;  // none for 204 and 304 (RFC 9110 §8.6), and where the end of the connection is the end of the content
  if (stream && !sized && !without_content) {
    if (context.version == Version::http_1_1) framing_line = "Transfer-Encoding: chunked\r\n";
  } else if (!is_bodiless(status)) {
    framing_line = length_line.text();
  }

  std::string_view small;  // content that is copied behind the head
  const bool in_memory = sends_content && !stream && length <= SendQueue::copy_threshold;
  if (in_memory) small = body.text();

  const std::string_view connection = connection_line(context, status);
  const std::size_t size =
      status_line.size() + common_fields.size() + fields.size() + framing_line.size() + connection.size() + line_end.size() + small.size();
  char* at = output.append_space(size);
  for (const std::string_view piece : {status_line, common_fields, fields, framing_line, connection, line_end, small}) {
    if (piece.empty()) continue;
    std::memcpy(at, piece.data(), piece.size());
    at += piece.size();
  }
  if (!sends_content) return StreamCoding::none;
  if (stream && sized) return StreamCoding::sized;
  if (stream) return context.version == Version::http_1_1 ? StreamCoding::chunked : StreamCoding::until_close;
  if (small.empty() && length > 0) queue_content(body, output);
  return StreamCoding::none;
}

void serialize_switch(const Response& response, std::string_view common_fields, SendQueue& output) {
  if (!common_fields.empty() && response.headers().contains(server_field)) common_fields = first_line(common_fields);
  const std::string fields = without_our_fields(response.headers());
  for (const std::string_view piece : {std::string_view("HTTP/1.1 101 Switching Protocols\r\n"), common_fields, std::string_view(fields),
                                       std::string_view("Connection: Upgrade\r\n\r\n")}) {
    output.append(piece);
  }
}

void serialize_chunk(std::string_view data, SendQueue& output) {
  std::array<char, 16> digits;
  const char* const digits_end = std::to_chars(digits.data(), digits.data() + digits.size(), data.size(), 16).ptr;
  const std::string_view size(digits.data(), static_cast<std::size_t>(digits_end - digits.data()));
  char* at = output.append_space(size.size() + line_end.size() + data.size() + line_end.size());
  for (const std::string_view piece : {size, line_end, data, line_end}) {
    std::memcpy(at, piece.data(), piece.size());
    at += piece.size();
  }
}

}  // namespace ropeway::protocol::http1
