#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <kainjow/mustache.hpp>
#include <ropeway/json_document.hpp>

#include "core/src/templates/template_set.hpp"

namespace ropeway::templates {

/// What the library asks while it renders one page: values, straight out of JSON, and partials, which are compiled already. Used by one thread.
///
/// The library by itself would want all data copied into its own kind, would look for partials among the data (so that a visitor's text could become
/// a template), compile them anew each time, and let them stand in themselves until the stack is used up.
class JsonContext final : public kainjow::mustache::basic_context<std::string> {
 public:
  using Data = kainjow::mustache::data;

  /// Both outlive the context.
  JsonContext(const TemplateSet& set, const nlohmann::json& data);
  JsonContext(const JsonContext&) = delete;
  JsonContext& operator=(const JsonContext&) = delete;

  [[nodiscard]] std::string render(const Template& page);
  /// From now on `content` is this text: for a layout.
  void set_content(std::string text);

  void push(const Data* data) override;
  void pop() override { stack_.pop_back(); }
  [[nodiscard]] const Data* get(const std::string& name) const override;
  [[nodiscard]] const Data* get_partial(const std::string& name) const override;

 private:
  [[nodiscard]] const nlohmann::json* find(std::string_view name) const;
  [[nodiscard]] const Data* data_of(const nlohmann::json& value) const;
  [[nodiscard]] const Data* list_of(const nlohmann::json& array) const;
  [[nodiscard]] std::string render_partial();

  const TemplateSet& set_;
  std::vector<const nlohmann::json*> stack_;
  unsigned depth_ = 0;
  bool has_content_ = false;
  Data content_;
  Data partial_;  // the function that renders the partial that was asked for last
  Data rendered_;
  Data newline_{"\n"};
  // The library asks through const functions.
  mutable const Template* wanted_ = nullptr;
  mutable Data value_;  // what was asked for last, but for lists: nothing else of it is used once its section has begun
  mutable const nlohmann::json* value_json_ = nullptr;
  mutable std::map<const nlohmann::json*, Data> lists_;
  mutable std::map<const Data*, const nlohmann::json*> elements_;  // the first of each list, and its array
};

}  // namespace ropeway::templates
