#include "handlers/cache_control/cache_control.hpp"

#include "handlers/field_options.hpp"

namespace ropeway::handlers {

Settings CacheControl::settings() {
  return {
      Setting::string("value", "`Cache-Control` of good answers to GET and HEAD: \"public, max-age=3600\", \"no-cache\", \"no-store\".")
          .required(),
      Setting::string("errors", "`Cache-Control` of answers with a status of 400 and above; empty for none.").by_default("\"no-store\""),
  };
}

CacheControl::CacheControl(const ConfigNode& options) {
  MistakeCollector mistakes;
  value_ = mistakes.collect([&] { return read_field_value(options, "value"); });
  errors_ = mistakes.collect([&] { return read_field_value(options, "errors"); });
  mistakes.throw_if_any();
}

awaitable<Response> CacheControl::handle(Request& request, Next next) const {
  Response response = co_await next(request);
  if (response.headers().contains("Cache-Control")) co_return response;
  const unsigned status = code(response.status());
  const bool is_read = request.method() == Method::get || request.method() == Method::head;
  const bool is_good = (status >= 200 && status < 300) || status == 301 || status == 304 || status == 308;
  const std::string& value = status >= 400 ? errors_ : value_;
  if (!value.empty() && (status >= 400 || (is_read && is_good))) response.headers().add("Cache-Control", value);
  co_return response;
}

}  // namespace ropeway::handlers
