#pragma once

#include <memory>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

namespace ropeway {

/// Values that middlewares attach to a request for what stands behind them: one of each type, which is its name. They end with the request.
/// A handler that runs in a process of its own gets none. Reading is safe from several threads.
class Attributes {
 public:
  /// Keeps `value`, in the place of one of the same type, and gives it as it is kept.
  template <class T>
  T& set(T value) {
    auto made = std::make_unique<Kept<T>>(std::move(value));
    T& kept = made->value;
    put(typeid(T), std::move(made));
    return kept;
  }
  /// The value of that type, or nullptr. It stays where it is until it is replaced, or the request ends.
  template <class T>
  [[nodiscard]] T* get() noexcept {
    auto* const found = find(typeid(T));
    return found != nullptr ? &static_cast<Kept<T>*>(found)->value : nullptr;
  }
  template <class T>
  [[nodiscard]] const T* get() const noexcept {
    return const_cast<Attributes*>(this)->get<T>();
  }
  /// The value of that type, which must be there: throws `std::logic_error` with the type's name where a middleware is missing in front.
  template <class T>
  [[nodiscard]] const T& require() const {
    const T* const found = get<T>();
    if (found == nullptr) missing(typeid(T));
    return *found;
  }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

 private:
  struct Entry {
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    virtual ~Entry() = default;
  };
  template <class T>
  struct Kept final : Entry {
    explicit Kept(T given) : value(std::move(given)) {}
    T value;
  };
  [[nodiscard]] Entry* find(const std::type_info& type) noexcept;
  void put(const std::type_info& type, std::unique_ptr<Entry> entry);
  [[noreturn]] static void missing(const std::type_info& type);

  std::vector<std::pair<const std::type_info*, std::unique_ptr<Entry>>> entries_;
};

}  // namespace ropeway
