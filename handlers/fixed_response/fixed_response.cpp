#include "handlers/fixed_response/fixed_response.hpp"

#include <utility>

#include "handlers/field_options.hpp"

namespace ropeway::handlers {
namespace {

/// Names under which the framework alone writes, or that another option sets.
[[nodiscard]] std::string fixed_refusal(std::string_view name) {
  if (same_field_name(name, "Content-Type")) return "write this as `media_type`";
  for (const auto reserved : {"Content-Length", "Transfer-Encoding", "Connection", "Date"}) {
    if (same_field_name(name, reserved)) return "the server itself sets `" + std::string(name) + "`: remove it";
  }
  return {};
}

}  // namespace

Settings FixedResponse::settings() {
  return {
      Setting::integer("status", "The status code.").at_least(200).at_most(599).by_default("200"),
      Setting::string("media_type", "The media type of the body (`Content-Type`).").by_default("\"text/plain; charset=utf-8\""),
      Setting::string("body", "The body, as text.").by_default("\"\""),
      Setting::map("headers", "Further header fields.", Setting::string("value", "The value of the field.")).by_default("{}"),
  };
}

FixedResponse::FixedResponse(const ConfigNode& options)
    : status_(static_cast<Status>(options.integer("status"))), body_(std::make_shared<const std::string>(options.string("body"))) {
  MistakeCollector mistakes;
  mistakes.collect([&] {
    if (!is_bodiless(status_) || body_->empty()) return;
    throw options.error("body", "a response with status " + std::to_string(code(status_)) + " has no body: leave `body` out");
  });
  std::string media_type = mistakes.collect([&] { return read_field_value(options, "media_type"); });
  if (!is_bodiless(status_)) headers_.emplace_back("Content-Type", std::move(media_type));
  for (auto& field : mistakes.collect([&] { return read_fields(options, "headers", fixed_refusal); })) headers_.push_back(std::move(field));
  mistakes.throw_if_any();
}

Response FixedResponse::handle(const Request&) const {
  Response response(status_);
  for (const auto& [name, value] : headers_) response.headers().add(name, value);
  if (!body_->empty()) response.body().assign(SharedBytes{body_, *body_});
  return response;
}

}  // namespace ropeway::handlers
