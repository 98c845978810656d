#pragma once

#include <memory>

#include "core/src/http/request_head.hpp"
#include "core/src/protocol/http1/chunked.hpp"
#include "core/src/protocol/http1/codec.hpp"
#include "core/src/protocol/http1/parser.hpp"
#include "core/src/protocol/limits.hpp"
#include "core/src/protocol/receive_buffer.hpp"
#include "core/src/protocol/send_queue.hpp"

namespace ropeway::protocol::http1 {

/// What a codec holds while a connection is active. It is recycled with the memory that its parts have grown, so that in steady state
/// neither a request nor the waking of an idle connection allocates.
struct Codec::Storage {
  explicit Storage(const Limits& limits) noexcept(false) : parser(limits) {}

  ReceiveBuffer input;
  Parser parser;
  ChunkedDecoder chunks;
  http::RequestHead head;
  SendQueue output;

  /// One from the free list of this thread, or a new one.
  [[nodiscard]] static std::unique_ptr<Storage> take(const Limits& limits);
  /// To the free list of this thread, whichever thread it came from; freed where that is full, or where the storage has grown large.
  static void give_back(std::unique_ptr<Storage> storage) noexcept;

  Storage* next_free = nullptr;
};

}  // namespace ropeway::protocol::http1
