#include "handlers/fixed_response/fixed_response.hpp"

#include <stdexcept>

namespace ropeway::handlers {
namespace {

/// Names under which the framework alone writes, or that another option sets.
[[nodiscard]] bool is_reserved(std::string_view name) {
  for (const auto reserved : {"Content-Length", "Transfer-Encoding", "Connection", "Date"}) {
    if (same_field_name(name, reserved)) return true;
  }
  return false;
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
  if (is_bodiless(status_) && !body_->empty()) {
    throw options.error("body", "a response with status " + std::to_string(code(status_)) + " has no body: leave `body` out");
  }
  Headers probe;
  if (!is_bodiless(status_)) {
    headers_.emplace_back("Content-Type", options.string("media_type"));
    try {
      probe.add("Content-Type", headers_.back().second);
    } catch (const std::invalid_argument&) {
      throw options.error("media_type", "this cannot be sent in a header field: remove line breaks and control characters");
    }
  }
  const ConfigNode fields = options.object("headers");
  for (std::string& name : fields.keys()) {
    if (is_reserved(name)) throw fields.error(name, "the server itself sets `" + name + "`: remove it");
    if (probe.contains(name) && !same_field_name(name, "Content-Type")) {
      throw fields.error(name, "this field is written twice; names are the same in capitals and small letters");
    }
    if (same_field_name(name, "Content-Type")) throw fields.error(name, "write this as `media_type`");
    std::string value = fields.string(name);
    try {
      probe.add(name, value);
    } catch (const std::invalid_argument&) {
      throw fields.error(name, "this is no valid header field: a name is letters, digits and hyphens, a value is one line of text");
    }
    headers_.emplace_back(std::move(name), std::move(value));
  }
}

Response FixedResponse::handle(const Request&) const {
  Response response(status_);
  for (const auto& [name, value] : headers_) response.headers().add(name, value);
  if (!body_->empty()) response.body().assign(SharedBytes{body_, *body_});
  return response;
}

}  // namespace ropeway::handlers
