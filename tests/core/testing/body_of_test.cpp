#include <doctest/doctest.h>

#include <cstdio>
#include <stdexcept>
#include <string>

#include <unistd.h>

#include <ropeway/testing/call.hpp>

using ropeway::awaitable;
using ropeway::Body;
using ropeway::BodyWriter;
using ropeway::FileSlice;
using ropeway::OpenFile;
using ropeway::Response;
using ropeway::testing::body_of;

namespace {

std::shared_ptr<const OpenFile> file_with(std::string_view content) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  std::fwrite(content.data(), 1, content.size(), file);
  std::fflush(file);
  auto open = std::make_shared<OpenFile>(::dup(::fileno(file)));
  std::fclose(file);
  return open;
}

template <class Content>
Response response_with(Content content) {
  Response response;
  response.body().assign(std::move(content));
  return response;
}

}  // namespace

TEST_CASE("the body of a response is read, whatever its kind") {
  const auto file = file_with("0123456789");
  CHECK(body_of(Response()) == "");
  CHECK(body_of(Response::text("some text")) == "some text");
  const auto shared = std::make_shared<const std::string>("shared bytes");
  CHECK(body_of(response_with(ropeway::SharedBytes{shared, *shared})) == "shared bytes");
  CHECK(body_of(response_with(FileSlice{file, 2, 5})) == "23456");
  CHECK(body_of(response_with(FileSlice{})) == "");
  const std::vector<Body::Part> parts = {{"head ", {file, 0, 2}}, {" middle ", {file, 8, 2}}, {" end", {}}};
  CHECK(body_of(response_with(Body::Parts(std::make_shared<const std::vector<Body::Part>>(parts)))) == "head 01 middle 89 end");
  CHECK(body_of(Response::stream("text/plain", [](BodyWriter& writer) -> awaitable<void> {
          co_await writer.write("one ");
          co_await writer.flush();
          co_await writer.write("two");
        })) == "one two");
}

TEST_CASE("a file that is shorter than its response says is an error, and what a stream throws comes through") {
  CHECK_THROWS_AS((void)body_of(response_with(FileSlice{file_with("abc"), 1, 3})), std::runtime_error);
  CHECK_THROWS_AS((void)body_of(Response::stream("text/plain",
                                                 [](BodyWriter& writer) -> awaitable<void> {
                                                   co_await writer.write("one");
                                                   throw std::domain_error("no more");
                                                 })),
                  std::domain_error);
}
