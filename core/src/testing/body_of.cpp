#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <ropeway/testing/call.hpp>

#include "core/src/testing/event_loop.hpp"

namespace ropeway::testing {
namespace {

class TextWriter final : public BodyWriter {
 public:
  awaitable<void> write(std::string_view data) override {
    text += data;
    co_return;
  }
  awaitable<void> flush() override { co_return; }
  Headers& trailers() override { return trailers_; }
  std::stop_token stop_token() override { return {}; }

  std::string text;

 private:
  Headers trailers_;
};

awaitable<std::string> run_stream(BodyStream& stream) {
  TextWriter writer;
  co_await stream(writer);
  co_return std::move(writer.text);
}

void append_slice(std::string& text, const FileSlice& slice) {
  if (slice.length == 0) return;
  const std::size_t begin = text.size();
  text.resize(begin + slice.length);
  for (std::size_t done = 0; done < slice.length;) {
    const ssize_t count =
        ::pread(slice.file->descriptor(), text.data() + begin + done, slice.length - done, static_cast<off_t>(slice.offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw std::system_error(errno, std::generic_category(), "body_of: the file cannot be read");
    if (count == 0) throw std::runtime_error("body_of: the file is shorter than the response says");
    done += static_cast<std::size_t>(count);
  }
}

}  // namespace

std::string body_of(Response response) {
  Body& body = response.body();
  if (BodyStream* stream = body.stream()) return run_to_end(run_stream(*stream));
  std::string text(body.text());
  if (const FileSlice* slice = body.file()) append_slice(text, *slice);
  if (const Body::Parts* parts = body.parts()) {
    for (const Body::Part& part : **parts) {
      text += part.text;
      append_slice(text, part.slice);
    }
  }
  return text;
}

}  // namespace ropeway::testing
