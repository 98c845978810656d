#include "core/src/protocol/send_queue.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace {

using ropeway::FileSlice;
using ropeway::OpenFile;
using ropeway::SharedBytes;
using ropeway::protocol::SendQueue;

// Sends everything, at most `step` bytes at a time, with "<offset+length>" where a part of a file stands.
std::string drain(SendQueue& queue, std::size_t step) {
  std::string sent;
  while (!queue.empty()) {
    if (const FileSlice* file = queue.front_file()) {
      const std::size_t size = std::min<std::size_t>(step, file->length);
      sent += "<" + std::to_string(file->offset) + "+" + std::to_string(size) + ">";
      queue.consume(size);
      continue;
    }
    std::array<std::string_view, 3> pieces;
    const std::size_t count = queue.gather(pieces);
    REQUIRE(count > 0);
    std::size_t size = 0;
    for (std::size_t i = 0; i < count && size < step; ++i) {
      const std::string_view part = pieces[i].substr(0, step - size);
      sent += part;
      size += part.size();
    }
    queue.consume(size);
  }
  return sent;
}

FileSlice slice(std::uint64_t offset, std::uint64_t length) {
  return {std::make_shared<const OpenFile>(::open("/dev/null", O_RDONLY | O_CLOEXEC)), offset, length};
}

TEST_CASE("texts that are appended leave as one piece") {
  SendQueue queue;
  CHECK(queue.empty());
  queue.append(std::string_view("head "));
  queue.append(std::string("body "));
  std::memcpy(queue.append_space(4), "next", 4);
  std::array<std::string_view, 4> pieces;
  CHECK_EQ(queue.gather(pieces), 1);
  CHECK_EQ(pieces[0], "head body next");
  CHECK_EQ(queue.size(), 14);
  CHECK_EQ(queue.memory(), 14);
  CHECK_FALSE(queue.file_follows());
  CHECK_EQ(queue.front_file(), nullptr);
}

TEST_CASE("everything is sent in order, whatever the steps") {
  const std::string large(SendQueue::copy_threshold + 1, 'o');
  const auto owner = std::make_shared<const std::string>(SendQueue::copy_threshold + 2, 's');
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{4097}, std::size_t{100000}}) {
    SendQueue queue;
    queue.append(std::string_view("a"));
    queue.append(std::string(large));
    queue.append(std::string_view("b"));
    queue.append(std::string_view("c"));
    queue.append(SharedBytes{owner, *owner});
    queue.append(SharedBytes{nullptr, "small"});
    queue.append(slice(100, 1));
    queue.append(slice(7, 0));
    queue.append(std::string_view());
    queue.append(std::string_view("d"));
    CHECK_EQ(queue.size(), 3 + large.size() + owner->size() + 5 + 1 + 1);
    CHECK_EQ(queue.memory(), queue.size() - 1);
    CHECK(queue.file_follows());
    CHECK_EQ(owner.use_count(), 2);
    CHECK_EQ(drain(queue, step), "a" + large + "bc" + *owner + "small<100+1>d");
    CHECK_EQ(owner.use_count(), 1);
    CHECK_EQ(queue.memory(), 0);
    queue.append(std::string_view("again"));
    CHECK_EQ(drain(queue, step), "again");
  }
}

TEST_CASE("a file that is sent in parts moves on") {
  SendQueue queue;
  queue.append(slice(10, 25));
  CHECK_EQ(drain(queue, 10), "<10+10><20+10><30+5>");
}

TEST_CASE("gather stops in front of a file") {
  SendQueue queue;
  queue.append(std::string_view("head"));
  queue.append(slice(0, 9));
  queue.append(std::string_view("tail"));
  std::array<std::string_view, 4> pieces;
  CHECK_EQ(queue.gather(pieces), 1);
  CHECK_EQ(pieces[0], "head");
  CHECK_EQ(queue.front_file(), nullptr);
  queue.consume(4);
  CHECK_EQ(queue.gather(pieces), 0);
  CHECK_EQ(queue.front_file()->length, 9);
  CHECK_EQ(queue.memory(), 4);
}

TEST_CASE("a queue that never becomes empty stays small") {
  const std::string text(100, 't');
  const std::string owned(5000, 'o');
  SendQueue queue;
  queue.append(text);
  for (int i = 0; i < 20000; ++i) {
    queue.append(std::string_view(text));
    if (i % 10 == 0) queue.append(std::string(owned));
    queue.consume(queue.size() - 37);
  }
  CHECK_EQ(queue.size(), 37);
  CHECK(queue.capacity() < 64 * 1024);
}

TEST_CASE("clear forgets everything and gives back what is large") {
  SendQueue queue;
  for (int i = 0; i < 1000; ++i) queue.append(std::string(1000, 'x'));
  CHECK(queue.capacity() > 1000000);
  queue.clear();
  CHECK(queue.empty());
  CHECK_EQ(queue.memory(), 0);
  CHECK(queue.capacity() < 64 * 1024);
  queue.append(std::string_view("next"));
  CHECK_EQ(drain(queue, 10), "next");
}

}  // namespace
