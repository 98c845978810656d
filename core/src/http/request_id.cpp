#include <ropeway/request_id.hpp>

namespace ropeway {

std::string to_string(RequestId id) {
  if (id == RequestId::none) return {};
  constexpr char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
  auto value = static_cast<std::uint64_t>(id);
  std::string text(13, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 5U) *digit = digits[value & 31U];
  return text;
}

}  // namespace ropeway
