#include "core/src/http/free_list.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

namespace {

// What it counts is of the whole program, so that objects which end with their thread are seen.
struct Kept {
  static inline std::atomic<int> alive{0};
  Kept() { ++alive; }
  ~Kept() { --alive; }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  int number = 0;
  Kept* next_free = nullptr;
};

using List = ropeway::http::FreeList<Kept, 3>;

// One that is given back when its thread's other thread-local objects have ended.
struct Late {
  std::unique_ptr<Kept> held;
  ~Late() {
    if (held) List::give_back(std::move(held));
  }
};

void on_a_thread_of_its_own(void (*work)()) { std::thread(work).join(); }

}  // namespace

TEST_CASE("what is given back is taken again, the last first, and no more is kept than the list may hold") {
  on_a_thread_of_its_own([] {
    CHECK(List::take() == nullptr);
    for (int i = 0; i < 5; ++i) {
      auto object = std::make_unique<Kept>();
      object->number = i;
      List::give_back(std::move(object));
    }
    CHECK(Kept::alive == 3);
    for (const int expected : {2, 1, 0}) {
      const auto taken = List::take();
      REQUIRE(taken != nullptr);
      CHECK(taken->number == expected);
    }
    CHECK(List::take() == nullptr);
  });
  CHECK(Kept::alive == 0);
}

TEST_CASE("a list ends with its thread, and frees what is given back after that") {
  on_a_thread_of_its_own([] {
    static thread_local Late late;  // made before the list's guard, so it ends after it
    late.held = std::make_unique<Kept>();
    List::give_back(std::make_unique<Kept>());
    CHECK(Kept::alive == 2);
  });
  CHECK(Kept::alive == 0);
}

TEST_CASE("an object that was made on one thread may be given back on another") {
  static std::unique_ptr<Kept> passed;
  on_a_thread_of_its_own([] { passed = std::make_unique<Kept>(); });
  on_a_thread_of_its_own([] {
    List::give_back(std::move(passed));
    CHECK(List::take() != nullptr);
  });
  CHECK(Kept::alive == 0);
}
