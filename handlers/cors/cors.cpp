#include "handlers/cors/cors.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "handlers/field_list.hpp"
#include "handlers/vary.hpp"

namespace ropeway::handlers {
namespace {

constexpr std::string_view any = "*";

/// What is wrong with an origin as it is written in the options; empty where it is good.
[[nodiscard]] std::string_view mistake_in_pattern(std::string_view origin) noexcept {
  if (origin == "null") return "pages of any origin can be \"null\" (in a sandbox): it names nobody";
  const std::size_t scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0) return "write scheme and host, as browsers do: \"https://example.org\"";
  const std::string_view host = origin.substr(scheme_end + 3);
  if (host.empty() || host.find_first_of("/?#@ ") != std::string_view::npos) return "an origin is scheme, host and port, without a path";
  if (std::any_of(origin.begin(), origin.end(), [](char byte) { return byte >= 'A' && byte <= 'Z'; })) {
    return "browsers write origins in small letters";
  }
  const std::size_t star = host.find('*');
  if (star != std::string_view::npos && (star != 0 || !host.starts_with("*.") || host.find('*', 1) != std::string_view::npos)) {
    return "\"*\" may stand for the first part of a host alone: \"https://*.example.org\"";
  }
  return {};
}

[[nodiscard]] std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

[[nodiscard]] std::vector<std::string> read_names(const ConfigNode& options, std::string_view option) {
  std::vector<std::string> names = options.strings(option);
  for (const std::string& name : names) {
    try {
      Headers().add(name, "");
    } catch (const std::invalid_argument&) { throw options.error(option, "\"" + name + "\" is no name of a method or field"); }
  }
  return names;
}

}  // namespace

Settings Cors::settings() {
  return {
      Setting::list("origins",
                    "Whose pages: \"https://example.org\", \"https://*.example.org\" (any host below it), or \"*\" for everybody's.",
                    Setting::string("origin", "An origin."))
          .at_least(1)
          .required(),
      Setting::list("methods", "Which methods; without any, those that the path has routes for.", Setting::string("method", "A method."))
          .by_default("[]"),
      Setting::list("headers", "Which request fields beside those that are always allowed; \"*\" for any.",
                    Setting::string("name", "A field's name."))
          .by_default(R"(["Content-Type"])"),
      Setting::list("exposed_headers", "Which response fields scripts may read beside those that they always may.",
                    Setting::string("name", "A field's name."))
          .by_default("[]"),
      Setting::boolean("credentials", "Whether cookies and the like come along. Not with the origin \"*\".").by_default("false"),
      Setting::duration("max_age", "How long a browser may remember what it was told here.").by_default("\"10m\""),
  };
}

Cors::Cors(const ConfigNode& options)
    : credentials_(options.boolean("credentials")),
      max_age_(std::to_string(std::chrono::duration_cast<std::chrono::seconds>(options.duration("max_age")).count())) {
  MistakeCollector mistakes;
  for (const std::string& origin : options.strings("origins")) {
    mistakes.collect([&] {
      if (origin == any) {
        any_origin_ = true;
        return;
      }
      if (const auto mistake = mistake_in_pattern(origin); !mistake.empty()) {
        throw options.error("origins", "\"" + origin + "\": " + std::string(mistake));
      }
      const std::size_t star = origin.find('*');
      origins_.push_back(star == std::string::npos ? Origin{origin, ""} : Origin{origin.substr(0, star), origin.substr(star + 1)});
    });
  }
  mistakes.collect([&] {
    if (any_origin_ && credentials_)
      throw options.error("credentials",
                          "with the origin \"*\" every page in the world could act in the name of your users: name the origins");
  });
  methods_ = mistakes.collect([&] { return read_names(options, "methods"); });
  headers_ = mistakes.collect([&] { return read_names(options, "headers"); });
  exposed_ = joined(mistakes.collect([&] { return read_names(options, "exposed_headers"); }));
  mistakes.throw_if_any();
  any_header_ = std::find(headers_.begin(), headers_.end(), any) != headers_.end();
}

bool Cors::allows_origin(std::string_view origin) const noexcept {
  return any_origin_ || std::any_of(origins_.begin(), origins_.end(), [&](const Origin& allowed) {
           if (allowed.behind.empty()) return origin == allowed.before;
           return origin.size() > allowed.before.size() + allowed.behind.size() && origin.starts_with(allowed.before) &&
                  origin.ends_with(allowed.behind);
         });
}

// A preflight comes to the route of the method that it asks for.
bool Cors::allows_method(std::string_view method) const noexcept {
  return methods_.empty() || std::find(methods_.begin(), methods_.end(), method) != methods_.end();
}

bool Cors::allows_headers(std::string_view names) const noexcept {
  if (any_header_) return true;
  while (!names.empty()) {
    const std::string_view name = take_element(names);
    const bool is_allowed = name.empty() || std::any_of(headers_.begin(), headers_.end(),
                                                        [&](const std::string& allowed) { return same_field_name(allowed, name); });
    if (!is_allowed) return false;
  }
  return true;
}

void Cors::add_origin(Headers& headers, std::string_view origin) const {
  headers.set("Access-Control-Allow-Origin", any_origin_ ? any : origin);
  if (credentials_) headers.set("Access-Control-Allow-Credentials", "true");
}

Response Cors::preflight(const Request& request, std::string_view origin) const {
  Response response(Status::no_content);
  Headers& headers = response.headers();
  add_vary(headers, "Origin");
  add_vary(headers, "Access-Control-Request-Method");
  add_vary(headers, "Access-Control-Request-Headers");
  const std::string_view method = request.header("Access-Control-Request-Method");
  const std::string_view asked = request.header("Access-Control-Request-Headers");
  if (!allows_origin(origin) || !allows_method(method) || !allows_headers(asked)) return response;
  add_origin(headers, origin);
  headers.add("Access-Control-Allow-Methods", method);
  if (!asked.empty()) headers.add("Access-Control-Allow-Headers", asked);
  headers.add("Access-Control-Max-Age", max_age_);
  return response;
}

awaitable<Response> Cors::handle(Request& request, Next next) const {
  const std::string origin(request.header("Origin"));
  const bool is_preflight =
      request.method() == Method::options && !origin.empty() && !request.header("Access-Control-Request-Method").empty();
  if (is_preflight) co_return preflight(request, origin);
  Response response = co_await next(request);
  if (!any_origin_) add_vary(response.headers(), "Origin");
  if (origin.empty() || !allows_origin(origin)) co_return response;
  add_origin(response.headers(), origin);
  if (!exposed_.empty()) response.headers().set("Access-Control-Expose-Headers", exposed_);
  co_return response;
}

}  // namespace ropeway::handlers
