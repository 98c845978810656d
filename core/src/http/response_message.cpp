#include "core/src/http/response_message.hpp"

#include <algorithm>
#include <stdexcept>

#include "core/src/http/packed.hpp"

namespace ropeway::http {
namespace {

constexpr std::uint32_t mark = 0x52575931;  // what a broken handler may write by mistake is hardly this
constexpr std::size_t front_bytes = 3 * sizeof(std::uint32_t);

}  // namespace

std::string pack_response_head(const Response& response) {
  Packer packer;
  packer.put(mark);
  packer.put(code(response.status()));
  packer.put(response.headers().wire());
  return packer.take();
}

ResponseHeadReader::State ResponseHeadReader::add(std::string_view bytes) {
  text_ += bytes;
  if (text_.size() < front_bytes) return State::incomplete;
  Unpacker front(text_);
  const bool is_marked = front.number() == mark;
  const std::uint32_t status = front.number();
  const std::uint32_t size = front.number();
  if (!is_marked || status < 200 || status > 999 || size > most_bytes) return State::malformed;
  if (text_.size() < front_bytes + size) return State::incomplete;
  response_.status(static_cast<Status>(status));
  if (!read_fields(std::string_view(text_).substr(front_bytes, size))) return State::malformed;
  text_.erase(0, front_bytes + size);
  return State::complete;
}

bool ResponseHeadReader::read_fields(std::string_view fields) {
  while (!fields.empty()) {
    const std::size_t colon = fields.find(": ");
    const std::size_t end = fields.find("\r\n");
    if (end == std::string_view::npos || colon == std::string_view::npos || colon > end) return false;
    try {
      response_.headers().add(fields.substr(0, colon), fields.substr(colon + 2, end - colon - 2));
    } catch (const std::invalid_argument&) { return false; }
    fields.remove_prefix(end + 2);
  }
  return true;
}

}  // namespace ropeway::http
