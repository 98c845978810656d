#include "core/src/protocol/http1/codec_storage.hpp"

#include <utility>

#include "core/src/http/free_list.hpp"

namespace ropeway::protocol::http1 {
namespace {

constexpr unsigned kept_storages = 64;  // a thread keeps at most this many: about 1.5 MiB
constexpr std::size_t kept_fields = 256;

}  // namespace

std::unique_ptr<Codec::Storage> Codec::Storage::take(const Limits& limits) {
  auto taken = http::FreeList<Storage, kept_storages>::take();
  if (!taken) return std::make_unique<Storage>(limits);
  taken->parser = Parser(limits);
  return taken;
}

void Codec::Storage::give_back(std::unique_ptr<Storage> storage) noexcept {
  storage->output.clear();
  storage->input.clear();
  storage->head.clear();
  const bool large = storage->input.capacity() > ReceiveBuffer::block_size || storage->head.fields.capacity() > kept_fields;
  if (!large) http::FreeList<Storage, kept_storages>::give_back(std::move(storage));
}

}  // namespace ropeway::protocol::http1
