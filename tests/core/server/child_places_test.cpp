#include "core/src/server/child_places.hpp"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <memory>
#include <vector>

namespace ropeway::server {
namespace {

using Place = std::shared_ptr<const void>;

struct Taking {
  bool done = false;
  Place place;
};

void take(asio::io_context& loop, ChildPlaces& places, Taking& taking) {
  const auto run = [](ChildPlaces& from, Taking& to) -> awaitable<void> {
    to.place = co_await from.take();
    to.done = true;
  };
  asio::co_spawn(loop, run(places, taking), asio::detached);
  loop.restart();
  loop.poll();
}

}  // namespace

TEST_CASE("so many have a place, so many wait for one in their order, and the rest get none") {
  asio::io_context loop(1);
  ChildPlaces places(2, 2);
  std::vector<Taking> all(5);
  for (Taking& one : all) take(loop, places, one);
  CHECK(all[0].place != nullptr);
  CHECK(all[1].place != nullptr);
  CHECK_FALSE(all[2].done);
  CHECK_FALSE(all[3].done);
  CHECK(all[4].done);
  CHECK(all[4].place == nullptr);
  all[1].place.reset();
  loop.restart();
  loop.poll();
  CHECK(all[2].place != nullptr);
  CHECK_FALSE(all[3].done);
  all[2].place.reset();
  all[0].place.reset();
  loop.restart();
  loop.poll();
  CHECK(all[3].place != nullptr);
  Taking another;
  take(loop, places, another);
  CHECK(another.place != nullptr);
}

TEST_CASE("those that wait are dropped when places are closed, and a place may outlive them") {
  asio::io_context loop(1);
  auto places = std::make_unique<ChildPlaces>(1, 1);
  Taking first;
  Taking second;
  take(loop, *places, first);
  take(loop, *places, second);
  places->close();
  loop.restart();
  loop.poll();
  CHECK_FALSE(second.done);
  Taking third;
  take(loop, *places, third);
  CHECK(third.done);
  CHECK(third.place == nullptr);
  places.reset();
  first.place.reset();
}

}  // namespace ropeway::server
