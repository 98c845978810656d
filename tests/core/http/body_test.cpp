#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include <ropeway/body.hpp>

namespace ropeway {

TEST_CASE("a body tells its kind and its length") {
  Body body;
  CHECK(body.empty());
  CHECK(body.size() == 0);
  CHECK(body.text().empty());

  body.assign("some text");
  CHECK(body.text() == "some text");
  CHECK(body.size() == 9);
  body.assign("");
  CHECK(body.empty());

  const auto owner = std::make_shared<std::string>("shared bytes");
  body.assign(SharedBytes{owner, *owner});
  REQUIRE(body.shared() != nullptr);
  CHECK(body.text() == "shared bytes");
  CHECK(body.size() == 12);

  body.assign(FileSlice{nullptr, 10, 5});
  REQUIRE(body.file() != nullptr);
  CHECK(body.size() == 5);
  CHECK(body.text().empty());

  auto parts = std::make_shared<std::vector<Body::Part>>();
  parts->push_back({"abc", {nullptr, 0, 7}});
  parts->push_back({"de", {}});
  body.assign(Body::Parts(parts));
  CHECK(body.size() == 12);
  body.assign(Body::Parts());
  CHECK(body.size() == 0);

  body.assign([](BodyWriter&) -> awaitable<void> { co_return; });
  CHECK(body.is_stream());
  CHECK(body.stream() != nullptr);
  CHECK(body.size() == Body::unknown_length);
  CHECK(!body.empty());

  body.clear();
  CHECK(body.empty());
  CHECK(owner.use_count() == 1);
}

TEST_CASE("short texts are copied into memory that is there and long ones are taken over") {
  Body body;
  body.assign(std::string(2000, 'a'));
  const char* const kept = body.text().data();
  body.clear();
  body.assign(std::string(100, 'b'));
  CHECK(body.text() == std::string(100, 'b'));
  CHECK(body.text().data() == kept);

  std::string text(3000, 'c');
  const char* const taken = text.data();
  body.assign(std::move(text));
  CHECK(body.text().data() == taken);
}

TEST_CASE("a text may be assigned from a part of itself") {
  Body body;
  body.assign("0123456789");
  body.assign(body.text().substr(3, 4));
  CHECK(body.text() == "3456");
}

TEST_CASE("large memory is not kept") {
  Body body;
  body.assign(std::string(1000, 'a'));
  body.clear();
  body.assign(std::string_view("x"));
  const char* const kept = body.text().data();
  body.assign(std::string(100'000, 'b'));
  CHECK(body.text().data() != kept);
  body.clear();
  body.assign(std::string_view("x"));  // small enough to stand in the object itself
  const char* const text = body.text().data();
  CHECK(text >= reinterpret_cast<const char*>(&body));
  CHECK(text < reinterpret_cast<const char*>(&body + 1));
}

TEST_CASE("an open file is closed with its last owner") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  auto file = std::make_shared<const OpenFile>(ends[0]);
  Body body;
  body.assign(FileSlice{file, 0, 1});
  file.reset();
  CHECK(::fcntl(ends[0], F_GETFD) >= 0);
  body.clear();
  CHECK(::fcntl(ends[0], F_GETFD) < 0);
  ::close(ends[1]);
}

}  // namespace ropeway
