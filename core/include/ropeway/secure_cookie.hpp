#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/clock.hpp>
#include <ropeway/config_node.hpp>
#include <ropeway/cookie.hpp>
#include <ropeway/request.hpp>
#include <ropeway/services.hpp>
#include <ropeway/setting.hpp>

namespace ropeway {

/// Keys for cookies that clients cannot change: signed ones, which they can read (HMAC-SHA-256), and sealed ones, which they cannot (AES-256-GCM).
/// The cookie's name and the end of its life are part of what is protected, so a value cannot be used under another name, nor kept for ever.
///
/// The first key makes new cookies; all of them read. To change it, put a new one in front, and take the old one away when its cookies have ended.
/// All workers, and all machines that serve one site, need the same keys. Thread-safe.
class CookieKeys {
 public:
  static constexpr std::size_t least_key_bytes = 32;
  static constexpr std::size_t most_keys = 8;

  /// `secrets` are 1 to 8 keys of at least 32 random bytes each; otherwise it throws `std::invalid_argument`. `clock` outlives the keys.
  CookieKeys(const std::vector<std::string>& secrets, const Clock& clock);
  ~CookieKeys();
  CookieKeys(const CookieKeys&) = default;
  CookieKeys& operator=(const CookieKeys&) = default;

  /// The setting `cookie_keys`, for the options of handlers and middlewares: an object with `file` or `environment` (the name of a variable). Either
  /// holds a key on each line, or separated by spaces, in hexadecimal, as `openssl rand -hex 32` makes them; "#" begins a comment.
  [[nodiscard]] static Setting setting();
  /// The keys that a handler's options say. Throws `ConfigError` where there are none, or unfit ones.
  [[nodiscard]] static CookieKeys from(const ConfigNode& options, Services& services);

  /// `cookie` with its value signed, to be accepted for `lifetime`. The value may hold any bytes. `max_age` is left as it is: without, the browser
  /// forgets the cookie when it is closed.
  [[nodiscard]] Cookie sign(Cookie cookie, std::chrono::seconds lifetime) const;
  /// The value that was signed; nothing where the request has no such cookie, it was changed, or its life is over.
  [[nodiscard]] std::optional<std::string> verify(const Request& request, std::string_view name) const;

  /// The same for a cookie whose value the client cannot read either.
  [[nodiscard]] Cookie seal(Cookie cookie, std::chrono::seconds lifetime) const;
  [[nodiscard]] std::optional<std::string> open(const Request& request, std::string_view name) const;

 private:
  using Key = std::array<unsigned char, 32>;
  struct Pair {
    Key signing;
    Key sealing;
  };
  [[nodiscard]] std::int64_t now() const noexcept;
  std::vector<Pair> pairs_;
  const Clock* clock_;
};

}  // namespace ropeway
