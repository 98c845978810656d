#pragma once

#include <memory>

#include <ropeway/body.hpp>
#include <ropeway/content_coding.hpp>
#include <ropeway/http_error.hpp>
#include <ropeway/services.hpp>

namespace ropeway::handlers {

/// Runs `work` on `pool`, or here where its queue is full: what was begun is not given up for that.
template <class Work>
[[nodiscard]] awaitable<void> run_on(BlockingPool& pool, Work& work) {
  bool refused = false;
  try {
    co_await pool.run([&work] { work(); });
  } catch (const HttpError&) { refused = true; }
  if (refused) work();
}

/// What `stream` produces, encoded while it is sent. `held` lives as long as the body.
[[nodiscard]] BodyStream encoded_stream(BodyStream stream, std::unique_ptr<ContentEncoder> encoder, std::shared_ptr<const void> held);

/// The same for a part of a file, which is read and encoded on `pool` piece by piece. A file that has become shorter fails the body.
[[nodiscard]] BodyStream encoded_file(FileSlice slice, std::unique_ptr<ContentEncoder> encoder, BlockingPool& pool,
                                      std::shared_ptr<const void> held);

}  // namespace ropeway::handlers
