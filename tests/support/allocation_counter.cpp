#include "tests/support/allocation_counter.hpp"

#include <cstdlib>
#include <new>

// Replaces the allocation functions of the whole test program, the nothrow forms too: a sanitizer's own would not match these frees.

namespace {

thread_local bool armed = false;
thread_local std::size_t allocations = 0;

void* allocate(std::size_t size) {
  if (armed) ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

void* allocate(std::size_t size, std::align_val_t alignment) {
  if (armed) ++allocations;
  const auto step = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(step, (size + step - 1) / step * step)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment) { return allocate(size, alignment); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return allocate(size);
  } catch (const std::bad_alloc&) { return nullptr; }
}
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept { return operator new(size, tag); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace ropeway::testing {

AllocationCounter::AllocationCounter() noexcept {
  allocations = 0;
  armed = true;
}

AllocationCounter::~AllocationCounter() { armed = false; }

std::size_t AllocationCounter::count() const noexcept { return allocations; }

}  // namespace ropeway::testing
