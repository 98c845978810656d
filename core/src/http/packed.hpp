#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ropeway::http {

/// Numbers and texts one after another, for another process of the same program.
class Packer {
 public:
  void put(std::uint32_t number) { text_.append(reinterpret_cast<const char*>(&number), sizeof number); }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    text_.append(text);
  }
  [[nodiscard]] std::string take() noexcept { return std::move(text_); }

 private:
  std::string text_;
};

/// Reads them again. Past the end, and after a length that cannot be, everything is 0 or empty and `failed` says so.
class Unpacker {
 public:
  explicit Unpacker(std::string_view text) noexcept : rest_(text) {}
  [[nodiscard]] std::uint32_t number() noexcept {
    std::uint32_t number = 0;
    if (rest_.size() < sizeof number) return fail();
    std::memcpy(&number, rest_.data(), sizeof number);
    rest_.remove_prefix(sizeof number);
    return number;
  }
  /// A view of the text that was given.
  [[nodiscard]] std::string_view text() noexcept {
    const std::uint32_t size = number();
    if (size > rest_.size()) {
      (void)fail();
      return {};
    }
    const std::string_view result = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return result;
  }
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  std::uint32_t fail() noexcept {
    failed_ = true;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace ropeway::http
