#pragma once

#include <unistd.h>

#include <utility>

namespace ropeway::launcher {

/// Owns a file descriptor and closes it at its end.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }

  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] explicit operator bool() const noexcept { return number_ >= 0; }
  /// Gives it up, open.
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }
  void close() noexcept {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_ = -1;
};

/// Opens /dev/null in the place of standard input, output and error where one is closed: otherwise a socket or a pipe of ours would get its
/// number, and what is printed would go there. To be called before anything else is opened.
void fill_standard_descriptors() noexcept;

/// Both ends of a pipe, closed on exec.
struct Pipe {
  Descriptor read;
  Descriptor write;
};

/// Throws `std::system_error` where there are no descriptors left.
[[nodiscard]] Pipe make_pipe();
/// A unix socket of whole messages (SOCK_SEQPACKET): what is written to one end is read from the other. Neither waits; `write` holds as much as
/// the system allows. Throws as above.
[[nodiscard]] Pipe make_message_pipe();
/// Writes all of `data`; says whether that went well (a closed other end is a failure, not a signal).
bool write_all(int descriptor, const void* data, std::size_t size) noexcept;

}  // namespace ropeway::launcher
