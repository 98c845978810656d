#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "handlers/fastcgi/record.hpp"

namespace ropeway::handlers {

/// What a FastCGI responder says to one request, as events (FastCGI 1.0 §3.3). It does no I/O and keeps no more than a record's header, so its memory is
/// bounded whatever comes. Whatever the bytes, and however they are cut, the same events come of them, and the same content in all.
///
/// Records of a request that nobody has made, of an unknown type or version, an end that is not 8 bytes long, and content behind the end of its
/// stream are malformed. Management records that were not asked for are skipped (§4).
class RecordReader {
 public:
  enum class Kind : std::uint8_t {
    need_input,  ///< all that was added has been read
    output,      ///< `data` is some of the answer, never empty
    error,       ///< `data` is some of its standard error, never empty
    end,         ///< the request has ended: see `outcome`
    malformed,   ///< see `mistake`
  };
  struct Event {
    Kind kind = Kind::need_input;
    std::string_view data{};  ///< of what was added
  };
  /// How a request has ended (§5.5).
  enum class Outcome : std::uint8_t { complete, cannot_multiplex, overloaded, unknown_role };

  /// More of what has come; it lives until `next` gives `need_input`. To be called when that is so, and first of all.
  void add(std::string_view bytes) noexcept { input_ = bytes; }
  /// After `end` and `malformed`, the same again.
  [[nodiscard]] Event next() noexcept;

  /// After `end`.
  [[nodiscard]] Outcome outcome() const noexcept { return outcome_; }
  /// What the program gave as its exit code.
  [[nodiscard]] std::uint32_t application_status() const noexcept { return application_status_; }
  /// Whether something came behind the end, which nobody has asked for.
  [[nodiscard]] bool has_rest() const noexcept { return !input_.empty(); }
  /// After `malformed`: what is wrong, for the log.
  [[nodiscard]] std::string_view mistake() const noexcept { return mistake_; }

 private:
  enum class State : std::uint8_t { header, stream, skipped, ending, padding, ended, malformed };
  [[nodiscard]] bool gather() noexcept;
  [[nodiscard]] unsigned number_at(std::size_t index) const noexcept;
  void read_header() noexcept;
  void begin_stream(bool& ended) noexcept;
  void read_end() noexcept;
  void skip(std::size_t& left) noexcept;
  void refuse(std::string_view mistake) noexcept;

  std::string_view input_;
  State state_ = State::header;
  RecordType type_ = RecordType::output;
  std::array<unsigned char, record_header_size> gathered_{};  // a header, or the content of an end
  std::size_t gathered_size_ = 0;
  std::size_t content_left_ = 0;
  std::size_t padding_left_ = 0;
  bool output_ended_ = false;
  bool error_ended_ = false;
  bool has_end_ = false;
  Outcome outcome_ = Outcome::complete;
  std::uint32_t application_status_ = 0;
  std::string_view mistake_;
};

}  // namespace ropeway::handlers
