#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include <ropeway/response.hpp>

#include "core/src/protocol/http1/codec.hpp"
#include "tests/support/feed.hpp"

namespace ropeway::testing {

/// What a codec said about some bytes, as text, so that two of them can be compared and read.
struct Transcript {
  std::string events;  ///< "POST /a?b host 1.1 length=5; body 'hello'; end; eof"; "error 400" stands last
  std::string fields;  ///< "Name: value\n" of every head
  std::string output;  ///< all that was sent
  std::string reason;  ///< of the error
  bool closing = false;
  bool must_linger = false;
};

/// How a transcript's codec is driven.
struct TranscriptOptions {
  bool answer_at_head = false;  ///< otherwise each request is answered when it is complete
  bool end_input = true;        ///< the peer ends its side behind the last piece
};

/// Feeds `pieces` to a new codec and answers every request with a short text.
inline Transcript http1_transcript(const Pieces& pieces, const protocol::Limits& limits, TranscriptOptions options = {}) {
  using protocol::Event;
  Transcript transcript;
  protocol::http1::Codec codec(limits);
  bool in_body = false;
  bool ended = false;
  const auto close_body = [&] {
    if (in_body) transcript.events += "'; ";
    in_body = false;
  };
  const auto answer = [&] {
    Response response = Response::text("ok");
    codec.respond(response, {});
  };
  const auto take_events = [&] {
    while (!ended) {
      const Event event = codec.next();
      switch (event.kind) {
        case Event::Kind::need_input: return;
        case Event::Kind::request_head: {
          const http::RequestHead& head = codec.head();
          transcript.events.append(head.method_name).append(" ").append(head.raw_path);
          if (!head.query.empty()) transcript.events.append("?").append(head.query);
          transcript.events.append(" ").append(head.host).append(head.version == Version::http_1_1 ? " 1.1" : " 1.0");
          if (head.has_body) transcript.events += head.content_length > 0 ? " length=" + std::to_string(head.content_length) : " chunked";
          if (head.expects_continue) transcript.events += " expect";
          transcript.events += "; ";
          for (const HeaderField& field : head.fields) transcript.fields.append(field.name).append(": ").append(field.value).append("\n");
          if (options.answer_at_head) answer();
          break;
        }
        case Event::Kind::body_data:
          if (!in_body) transcript.events += "body '";
          in_body = true;
          transcript.events += event.data;
          break;
        case Event::Kind::request_end:
          close_body();
          transcript.events += "end; ";
          answer();
          break;
        case Event::Kind::error:
          close_body();
          transcript.events += "error " + std::to_string(code(event.error.status_hint));
          transcript.reason = event.error.reason;
          ended = true;
          break;
        case Event::Kind::end_of_input:
          transcript.events += "eof";
          ended = true;
          break;
      }
    }
  };
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const auto room = codec.prepare();
      const std::size_t size = std::min(room.size(), piece.size());
      std::memcpy(room.data(), piece.data(), size);
      codec.commit(size);
      piece.remove_prefix(size);
      take_events();
    }
  }
  if (options.end_input) {
    codec.commit_end();
    take_events();
  }
  close_body();
  std::string_view sent;
  while (codec.output().gather({&sent, 1}) == 1) {
    transcript.output += sent;
    codec.output().consume(sent.size());
  }
  transcript.closing = codec.closing();
  transcript.must_linger = codec.must_linger();
  return transcript;
}

}  // namespace ropeway::testing
