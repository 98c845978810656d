#include "handlers/response_fields/response_fields.hpp"

#include <algorithm>
#include <stdexcept>

namespace ropeway::handlers {
namespace {

[[nodiscard]] std::string added_refusal(std::string_view name) {
  for (const std::string_view own : {"Content-Length", "Transfer-Encoding", "Connection", "Date"}) {
    if (same_field_name(name, own)) return "the server sets this field itself";
  }
  if (same_field_name(name, "Server")) return "the server sets this field itself, to what the setting `server_name` says";
  return {};
}

[[nodiscard]] std::string in_quotes(const std::string& text) { return '"' + text + '"'; }

[[nodiscard]] Setting fields_setting(std::string name, std::string text) {
  return Setting::map(std::move(name), std::move(text), Setting::string("value", "The field's value.")).by_default("{}");
}

}  // namespace

Settings ResponseFields::settings() {
  return {
      fields_setting("set", "Fields that every answer has with this value, in the place of those of that name."),
      fields_setting("add", "Fields that every answer has in addition, also where it has one of that name (`Link`, `Set-Cookie`)."),
      fields_setting("default", "Fields for answers that have none of that name."),
      Setting::list("remove", "Names of fields that no answer has; taken away before the others are set.",
                    Setting::string("name", "A field's name."))
          .by_default("[]"),
  };
}

ResponseFields::ResponseFields(const ConfigNode& options) : remove_(options.strings("remove")) {
  MistakeCollector mistakes;
  set_ = mistakes.collect([&] { return read_fields(options, "set", added_refusal); });
  add_ = mistakes.collect([&] { return read_fields(options, "add", added_refusal); });
  default_ = mistakes.collect([&] { return read_fields(options, "default", added_refusal); });
  for (const std::string& name : remove_) {
    mistakes.collect([&] {
      if (const std::string reason = added_refusal(name); !reason.empty()) throw options.error("remove", in_quotes(name) + ": " + reason);
      try {
        Headers().add(name, "");
      } catch (const std::invalid_argument&) { throw options.error("remove", in_quotes(name) + " is no field's name"); }
    });
  }
  mistakes.throw_if_any();
}

awaitable<Response> ResponseFields::handle(Request& request, Next next) const {
  Response response = co_await next(request);
  Headers& headers = response.headers();
  for (const std::string& name : remove_) headers.remove(name);
  for (const auto& [name, value] : set_) headers.set(name, value);
  for (const auto& [name, value] : default_) {
    if (!headers.contains(name)) headers.add(name, value);
  }
  for (const auto& [name, value] : add_) headers.add(name, value);
  co_return response;
}

}  // namespace ropeway::handlers
