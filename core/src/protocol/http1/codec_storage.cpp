#include "core/src/protocol/http1/codec_storage.hpp"

#include <utility>

namespace ropeway::protocol::http1 {
namespace {

constexpr unsigned kept_storages = 64;  // a thread keeps at most this many: about 1.5 MiB
constexpr std::size_t kept_fields = 256;

}  // namespace

thread_local constinit Codec::Storage::FreeList Codec::Storage::free_list{};

Codec::Storage::Guard::~Guard() {
  FreeList& list = free_list;
  list.closed = true;
  while (list.first != nullptr) {
    const std::unique_ptr<Storage> freed(list.first);
    list.first = freed->next_;
  }
  list.size = 0;
}

std::unique_ptr<Codec::Storage> Codec::Storage::take(const Limits& limits) {
  FreeList& list = free_list;
  if (list.first == nullptr) return std::make_unique<Storage>(limits);
  std::unique_ptr<Storage> taken(list.first);
  list.first = taken->next_;
  --list.size;
  taken->parser = Parser(limits);
  return taken;
}

void Codec::Storage::give_back(std::unique_ptr<Storage> storage) noexcept {
  storage->output.clear();  // first, as what it owns may itself own a codec whose end comes back here
  storage->input.clear();
  storage->head.clear();
  FreeList& list = free_list;
  const bool large = storage->input.capacity() > ReceiveBuffer::block_size || storage->head.fields.capacity() > kept_fields;
  if (list.closed || list.size >= kept_storages || large) return;
  if (!list.guarded) {
    static thread_local const Guard guard;
    list.guarded = true;
  }
  storage->next_ = list.first;
  list.first = storage.release();
  ++list.size;
}

}  // namespace ropeway::protocol::http1
