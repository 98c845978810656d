#include "handlers/rate_limit/rate_limit.hpp"

#include <algorithm>
#include <stdexcept>

#include "handlers/rate_limit/client_network.hpp"

namespace ropeway::handlers {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

bool may_be_in_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

std::string text_of(nanoseconds time) { return std::to_string(std::chrono::ceil<seconds>(time).count()); }

Rate rate_of(const ConfigNode& options) {
  Rate rate;
  rate.count = options.integer("rate");
  rate.per = options.duration("per");
  rate.burst = options.has("burst") ? options.integer("burst") : rate.count;
  return rate;
}

// Without a name, a place of its own.
std::string bucket_name(const ConfigNode& options) {
  const std::string name = options.string("name");
  if (!std::ranges::all_of(name, may_be_in_name)) throw options.error("name", "letters, digits, '-', '_' and '.' can be in a name");
  return name.empty() ? "at " + options.pointer() : name;
}

std::shared_ptr<RateLimit> limit_of(const ConfigNode& options, Services& services) {
  try {
    return services.rate_limits().limit(bucket_name(options), rate_of(options));
  } catch (const std::invalid_argument& error) { throw options.error("rate", error.what()); }
}

}  // namespace

Settings RateLimiting::settings() {
  return {
      Setting::integer("rate", "How many requests a client may send in each `per`, on average.")
          .at_least(1)
          .at_most(1'000'000'000)
          .required(),
      Setting::duration("per", "See `rate`.").at_least(1).at_most(24 * 3'600'000).by_default("\"1s\""),
      Setting::integer("burst", "How many it may send at once. By default as many as `rate` says.").at_least(1).at_most(1'000'000'000),
      Setting::string("by",
                      "What a client is: an `address` (of IPv6, a /64; on a unix socket, all together; behind a proxy, that), the value "
                      "of a `header`, or `everyone` together.")
          .one_of({"address", "header", "everyone"})
          .by_default("\"address\""),
      Setting::string("header",
                      "With `\"by\": \"header\"`, the field's name. A request without it counts for its address. Only for a field whose "
                      "values somebody has checked before: whoever can invent one has a new bucket each time.")
          .by_default("\"\""),
      Setting::string("name",
                      "Places with the same name, which are to have the same rate, count together. An empty one: this place counts alone.")
          .at_most(64)
          .by_default("\"\""),
      Setting::boolean("fields", "Whether answers tell what is left, in the fields `RateLimit` and `RateLimit-Policy`.").by_default("true"),
  };
}

RateLimiting::RateLimiting(const ConfigNode& options, Services& services)
    : limit_(limit_of(options, services)),
      refused_(services.counters().counter("rate_limit.refused")),
      header_(options.string("header")),
      by_everyone_(options.string("by") == "everyone"),
      fields_(options.boolean("fields")) {
  const bool by_header = options.string("by") == "header";
  if (by_header && header_.empty()) throw options.error("by", "name the field in \"header\"");
  if (!by_header && !header_.empty()) throw options.error("header", R"(it is used with "by": "header" alone)");
  const std::string name = options.string("name");
  shown_name_ = '"' + (name.empty() ? "default" : name) + '"';
  const Rate rate = rate_of(options);
  // A bucket fills up within that time, so in each such window `burst` is what there is.
  const auto window = std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(rate.per) * static_cast<double>(rate.burst) /
                                                              static_cast<double>(rate.count));
  policy_ = shown_name_ + ";q=" + std::to_string(rate.burst) + ";w=" + text_of(std::max<nanoseconds>(window, seconds(1)));
}

std::string RateLimiting::key_of(const Request& request) const {
  if (by_everyone_) return {};
  if (!header_.empty()) {
    const std::string_view value = request.header(header_);
    if (!value.empty()) return "h" + std::string(value);
  }
  return "a" + client_network(request.client_address());
}

Response RateLimiting::told(Response response, const RateLimit::Decision& decision) const {
  if (!fields_) return response;
  response.headers().add("RateLimit-Policy", policy_);
  response.headers().add("RateLimit", shown_name_ + ";r=" + std::to_string(decision.remaining) + ";t=" + text_of(decision.full_in));
  return response;
}

awaitable<Response> RateLimiting::handle(Request& request, Next next) const {
  const std::string key = key_of(request);
  const RateLimit::Decision decision = co_await limit_->take(key);
  if (!decision.allowed) {
    refused_.add();
    Response response = Response::error(Status::too_many_requests, "Too many requests; try again later.");
    response.headers().set("Retry-After", text_of(std::max<nanoseconds>(decision.retry_after, seconds(1))));
    co_return told(std::move(response), decision);
  }
  Response response = co_await next(request);
  co_return told(std::move(response), decision);
}

}  // namespace ropeway::handlers
