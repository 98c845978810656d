#pragma once

#include <memory>

namespace ropeway::http {

/// The free list of each thread for objects of type `T`, which are worth keeping with the memory that they have grown. `T` has a member
/// `T* next_free`; a list keeps at most `kept` objects.
///
/// An object that ends on another thread than the one that made it joins that thread's list, which is why lists are bounded and need no
/// lock. The list itself is trivially destructible on purpose: an object that ends after the thread's other thread-local objects finds it
/// closed, and is freed.
template <class T, unsigned kept>
class FreeList {
 public:
  /// One that was given back, as it was then; nullptr where there is none.
  [[nodiscard]] static std::unique_ptr<T> take() noexcept {
    std::unique_ptr<T> taken(list_.first);
    if (taken) {
      list_.first = taken->next_free;
      --list_.size;
    }
    return taken;
  }

  /// Keeps `object`, or frees it where the list is full or the thread is ending. What it holds for others must have been let go of before:
  /// its end may come back here.
  static void give_back(std::unique_ptr<T> object) noexcept {
    if (list_.closed || list_.size >= kept) return;
    if (!list_.guarded) {
      static thread_local const Guard guard;
      list_.guarded = true;
    }
    object->next_free = list_.first;
    list_.first = object.release();
    ++list_.size;
  }

 private:
  struct List {
    T* first;
    unsigned size;
    bool guarded;  // the thread has a `Guard`
    bool closed;   // the thread is ending
  };
  struct Guard {
    ~Guard() {
      list_.closed = true;
      while (const std::unique_ptr<T> freed{take()}) {}
    }
  };
  static inline thread_local constinit List list_{};
};

}  // namespace ropeway::http
