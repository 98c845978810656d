#include "core/src/protocol/websocket/extension.hpp"

#include <array>
#include <charconv>

#include "core/src/http/field_value.hpp"
#include "core/src/http/message_deflate.hpp"

namespace ropeway::protocol::websocket {
namespace {

struct Parameter {
  std::string_view name;
  std::string_view value;
  bool has_value = false;
};

// Takes one "; name=value" from the front of `rest`; false where that is malformed. A quoted value has to be a token, too (RFC 6455 §9.1).
bool take_parameter(std::string_view& rest, Parameter& parameter) noexcept {
  rest = http::trim(rest.substr(1));
  std::size_t end = 0;
  while (end < rest.size() && http::is_token_character(rest[end])) ++end;
  parameter = {rest.substr(0, end), {}, false};
  rest = http::trim(rest.substr(end));
  if (parameter.name.empty()) return false;
  if (!rest.starts_with('=')) return rest.empty() || rest.front() == ';';
  rest = http::trim(rest.substr(1));
  const bool quoted = rest.starts_with('"');
  if (quoted) rest.remove_prefix(1);
  end = 0;
  while (end < rest.size() && http::is_token_character(rest[end])) ++end;
  parameter.value = rest.substr(0, end);
  parameter.has_value = true;
  rest.remove_prefix(end);
  if (quoted) {
    if (!rest.starts_with('"')) return false;
    rest.remove_prefix(1);
  }
  rest = http::trim(rest);
  return !parameter.value.empty() && (rest.empty() || rest.front() == ';');
}

// 8 to 15, without a zero in front (RFC 7692 §7.1.2.1).
std::optional<unsigned> window_bits(const Parameter& parameter) noexcept {
  unsigned bits = 0;
  const char* const end = parameter.value.data() + parameter.value.size();
  const auto [stop, error] = std::from_chars(parameter.value.data(), end, bits);
  if (error != std::errc() || stop != end || parameter.value.starts_with('0') || bits < 8 || bits > 15) return std::nullopt;
  return bits;
}

enum class Known : std::uint8_t { server_no_context, client_no_context, server_window, client_window };
constexpr std::array<std::string_view, 4> known_names{"server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits",
                                                      "client_max_window_bits"};

// Whether an offer can be met. One with a parameter that is unknown, twice there or out of its range is declined (RFC 7692 §7.1).
class Offer {
 public:
  void add(const Parameter& parameter) noexcept {
    std::size_t which = 0;
    while (which < known_names.size() && known_names[which] != parameter.name) ++which;
    if (which == known_names.size() || seen_[which]) {
      acceptable_ = false;
      return;
    }
    seen_[which] = true;
    const std::optional<unsigned> bits = window_bits(parameter);
    switch (static_cast<Known>(which)) {
      case Known::server_no_context:
      case Known::client_no_context: acceptable_ = acceptable_ && !parameter.has_value; break;
      case Known::client_window: acceptable_ = acceptable_ && (!parameter.has_value || bits); break;
      case Known::server_window:
        if (!bits || *bits < http::smallest_deflate_window) {
          acceptable_ = false;
        } else {
          agreement_ = {static_cast<std::uint8_t>(*bits), true};
        }
        break;
    }
  }
  [[nodiscard]] std::optional<DeflateAgreement> result() const noexcept { return acceptable_ ? std::optional(agreement_) : std::nullopt; }

 private:
  DeflateAgreement agreement_;
  std::array<bool, known_names.size()> seen_{};
  bool acceptable_ = true;
};

}  // namespace

std::optional<DeflateAgreement> agree_on_deflate(std::string_view offers, bool& malformed) {
  std::optional<DeflateAgreement> agreement;
  http::ListReader list(offers);
  while (const auto element = list.next()) {
    const std::size_t semicolon = std::min(element->find(';'), element->size());
    const std::string_view name = http::trim(element->substr(0, semicolon));
    if (!http::is_token(name)) malformed = true;
    std::string_view rest = element->substr(semicolon);
    Offer offer;
    while (!rest.empty()) {
      Parameter parameter;
      if (!take_parameter(rest, parameter)) {
        malformed = true;
        return std::nullopt;
      }
      offer.add(parameter);
    }
    if (!agreement && name == "permessage-deflate") agreement = offer.result();
  }
  return agreement;
}

std::string extension_answer(const DeflateAgreement& agreement) {
  std::string answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
  if (agreement.names_window) answer += "; server_max_window_bits=" + std::to_string(agreement.server_window_bits);
  return answer;
}

}  // namespace ropeway::protocol::websocket
