#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/src/protocol/proxy_protocol/address.hpp"

namespace ropeway::protocol::proxy_protocol {

/// The header of the PROXY protocol, version 1 or 2, with which a load balancer begins a connection to say whom it speaks for
/// (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt; sections below are that document's). Bytes in, an address out; without I/O.
///
/// A sender decides on the version, and the first bytes tell which it is. What `read` says does not depend on how the bytes were cut. Its
/// memory is its size: of version 2, what follows the addresses (TLVs, §2.2) is skipped unread, its checksum (§2.2.3), too.
class Header {
 public:
  /// A header of version 2 may be so long and no longer; the length that it could announce, 64 KiB, none is known to have.
  static constexpr std::size_t longest = 4096;

  enum class State : std::uint8_t { incomplete, complete, invalid };
  struct Source {
    Address address{};
    std::uint16_t port = 0;
  };

  /// Reads on, and says how many of `bytes` are the header's: all, unless it ends among them. To be called while it is incomplete; what is
  /// invalid remains so.
  [[nodiscard]] std::size_t read(std::string_view bytes) noexcept;

  [[nodiscard]] State state() const noexcept { return state_; }
  /// Whether a byte of it has come.
  [[nodiscard]] bool has_begun() const noexcept { return size_ > 0; }
  /// Of one that is invalid: what is wrong with it.
  [[nodiscard]] std::string_view reason() const noexcept { return reason_; }
  /// Of one that is complete: the client. Nothing where the connection is the sender's own (LOCAL), or it does not say whose it is (UNKNOWN,
  /// UNSPEC, a unix socket, datagrams): then the connection's own addresses hold.
  [[nodiscard]] std::optional<Source> source() const noexcept { return state_ == State::complete ? source_ : std::optional<Source>(); }

 private:
  void add(char byte) noexcept;
  void add_to_text(char byte) noexcept;
  void add_to_binary() noexcept;
  void read_text() noexcept;
  void read_preamble() noexcept;
  void read_addresses() noexcept;
  [[nodiscard]] bool is_binary() const noexcept { return bytes_[0] == '\r'; }
  [[nodiscard]] std::uint8_t byte_at(std::size_t index) const noexcept { return static_cast<std::uint8_t>(bytes_[index]); }
  void fail(std::string_view reason) noexcept;

  static constexpr std::size_t longest_text = 107;  // §2.1, with its line end
  std::array<char, longest_text> bytes_{};          // of version 2, those up to the addresses' end
  std::uint16_t size_ = 0;                          // how many of them have come
  std::uint16_t wanted_ = 0;                        // how many of version 2 are to come; 0: not known yet
  std::uint16_t left_ = 0;                          // of version 2, to be skipped behind them
  State state_ = State::incomplete;
  std::string_view reason_;
  std::optional<Source> source_;
};

}  // namespace ropeway::protocol::proxy_protocol
