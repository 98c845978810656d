#include "core/src/server/bell.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <asio/post.hpp>

namespace ropeway::server {

Bell::Bell(asio::io_context& io, int eventfd, std::function<void()> on_ring)
    : watched_(io), set_(::epoll_create1(EPOLL_CLOEXEC)), on_ring_(std::move(on_ring)) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  if (!set_ || ::epoll_ctl(set_.get(), EPOLL_CTL_ADD, eventfd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "the bell of the shared memory cannot be watched");
  }
}

void Bell::start() {
  if (started_.exchange(true)) return;
  asio::post(watched_.get_executor(), [this] {
    asio::error_code error;
    watched_.assign(set_.get(), error);
    on_ring_();
    if (!error) wait();
  });
}

void Bell::wait() {
  watched_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& error) {
    if (error) return;
    epoll_event event{};
    (void)::epoll_wait(set_.get(), &event, 1, 0);  // the edge is taken; what rings from here on is another one
    on_ring_();
    wait();
  });
}

void Bell::stop() noexcept {
  if (watched_.is_open()) watched_.release();
}

}  // namespace ropeway::server
