#include "handlers/security_headers/security_headers.hpp"

#include <array>
#include <string>

namespace ropeway::handlers {
namespace {

struct Field {
  const char* option;
  const char* name;
  const char* value;
  const char* text;
};

constexpr std::array security_fields{
    Field{"content_type_options", "X-Content-Type-Options", "nosniff",
          "Browsers take content for what `Content-Type` says, and guess nothing."},
    Field{"frame_options", "X-Frame-Options", "SAMEORIGIN", "Who may show a page inside one of his own: \"SAMEORIGIN\" or \"DENY\"."},
    Field{"referrer_policy", "Referrer-Policy", "strict-origin-when-cross-origin", "What other sites learn of where a visitor comes from."},
    Field{"opener_policy", "Cross-Origin-Opener-Policy", "same-origin",
          "Pages of other sites that a page opens, or that open it, get no hold of its window."},
    Field{"resource_policy", "Cross-Origin-Resource-Policy", "",
          "Which sites may use these answers in their own pages: \"same-origin\", \"same-site\" or \"cross-origin\"."},
    Field{"permissions_policy", "Permissions-Policy", "", "What a page may ask of the device: \"camera=(), microphone=()\"."},
    Field{"content_security_policy", "Content-Security-Policy", "",
          "Where a page's scripts, styles and pictures may come from: \"default-src 'self'\". Only who knows the pages can write it."},
    Field{"strict_transport_security", "Strict-Transport-Security", "",
          "For a site that is reached by HTTPS alone: \"max-age=31536000\". Browsers hold to it for that long."},
};

}  // namespace

Settings SecurityHeaders::settings() {
  Settings result;
  for (const Field& field : security_fields) {
    result.push_back(Setting::string(field.option, "`" + std::string(field.name) + "`. " + field.text)
                         .by_default("\"" + std::string(field.value) + "\""));
  }
  return result;
}

SecurityHeaders::SecurityHeaders(const ConfigNode& options) {
  MistakeCollector mistakes;
  for (const Field& field : security_fields) {
    std::string value = mistakes.collect([&] { return read_field_value(options, field.option); });
    if (!value.empty()) fields_.emplace_back(field.name, std::move(value));
  }
  mistakes.throw_if_any();
}

awaitable<Response> SecurityHeaders::handle(Request& request, Next next) const {
  Response response = co_await next(request);
  for (const auto& [name, value] : fields_) {
    if (!response.headers().contains(name)) response.headers().add(name, value);
  }
  co_return response;
}

}  // namespace ropeway::handlers
