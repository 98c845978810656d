#include "core/src/server/request_ids.hpp"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

namespace ropeway::server {

std::uint64_t first_request_number() noexcept {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof number)) {  // early at the machine's start
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    number = static_cast<std::uint64_t>(now.tv_sec) << 32U ^ static_cast<std::uint64_t>(now.tv_nsec) << 16U ^
             static_cast<std::uint64_t>(::gettid());
  }
  return number != 0 ? number : 1;
}

}  // namespace ropeway::server
