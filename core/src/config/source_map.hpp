#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/json_document.hpp>

namespace ropeway::config {

/// Where each value of a JSON text stands, by its pointer (RFC 6901). Offsets are in bytes.
class SourceMap {
 public:
  struct Node {
    std::string name;       // of a member; "" for an element of an array
    std::size_t key = 0;    // the quote that opens the member's name; of an element, where its value begins
    std::size_t value = 0;  // the value's first byte
    std::vector<Node> children;
    bool is_array = false;
  };

  SourceMap() = default;
  explicit SourceMap(Node root) : root_(std::move(root)) {}

  /// The value at `pointer`. Where there is none (a default), the nearest value around its place.
  [[nodiscard]] std::size_t value(std::string_view pointer) const { return find(pointer).node->value; }
  /// The key at `pointer`, in the same way.
  [[nodiscard]] std::size_t key(std::string_view pointer) const;
  [[nodiscard]] bool contains(std::string_view pointer) const { return find(pointer).exact; }

 private:
  struct Found {
    const Node* node;
    bool exact;
  };
  [[nodiscard]] Found find(std::string_view pointer) const;
  Node root_;
};

/// `base` with one step more, escaped as RFC 6901 §3 says.
[[nodiscard]] std::string pointer_to(std::string_view base, std::string_view name);
[[nodiscard]] std::string pointer_to(std::string_view base, std::size_t index);

/// What is wrong with a text that is to be JSON.
struct TextMistake {
  std::size_t offset = 0;
  std::string pointer;
  std::string message;
};

/// A text that was read: its value, and where everything in it stands.
struct Source {
  std::optional<nlohmann::json> value;  // nothing where the text is not JSON; a repeated key has its last value
  SourceMap map;
  std::vector<TextMistake> mistakes;  // repeated keys; last, the one that ended the reading
};

/// Reads JSON (RFC 8259) in UTF-8, with `//` and `/* */` comments; a byte order mark is passed over. Bounded: at most 16 MiB, nested
/// at most 64 deep.
[[nodiscard]] Source read_source(std::string_view text);

inline constexpr std::size_t largest_text = 16 * 1024 * 1024;
inline constexpr std::size_t deepest_nesting = 64;
inline constexpr std::size_t most_mistakes = 100;  // of one kind in one file; who has more wants to see the first

}  // namespace ropeway::config
