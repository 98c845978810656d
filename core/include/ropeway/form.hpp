#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/text_value.hpp>

namespace ropeway {

/// A file that came in a form, in memory.
struct FormFile {
  std::string field;       ///< the name of the field
  std::string filename;    ///< as sent: to be checked before it names anything
  std::string media_type;  ///< as sent
  std::string content;
};

/// What a form brought, by the names of its fields, in the order in which they came (`Request::form`).
class Form {
 public:
  /// A field that is no file.
  struct Field {
    std::string name;
    std::string value;
  };

  /// The first value of that name, or nothing.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  /// All values of that name: of a list of check boxes.
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
  /// The first value of that name as a T, as `Request::query` gives it: a bad or missing one is `HttpError` 400, `std::optional` may be missing.
  template <class T>
  [[nodiscard]] T value(std::string_view name) const {
    return require_value<T>({"form field", name}, find(name));
  }
  template <class T>
  [[nodiscard]] T value(std::string_view name, T fallback) const {
    return value<std::optional<T>>(name).value_or(std::move(fallback));
  }
  /// The first file of that field, or nullptr. A field for files that nobody has filled in is one with an empty name and no content.
  [[nodiscard]] const FormFile* file(std::string_view field) const noexcept;

  [[nodiscard]] const std::vector<Field>& fields() const noexcept { return fields_; }
  [[nodiscard]] const std::vector<FormFile>& files() const noexcept { return files_; }

 private:
  friend class FormParser;  // core/src/http/form.cpp
  std::vector<Field> fields_;
  std::vector<FormFile> files_;
};

}  // namespace ropeway
