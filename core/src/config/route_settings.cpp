#include "core/src/config/route_settings.hpp"

#include <utility>

namespace ropeway::config {
namespace {

Setting tried() {
  constexpr std::int64_t most = 16;
  Setting name = Setting::string("", "The handler's name.").at_least(1);
  name.or_as(Setting::object("", "A handler with options.",
                             {
                                 Setting::string("handler", "The handler's name.").at_least(1).required(),
                                 Setting::any("options", "What the handler takes.").by_default("{}"),
                             }));
  return Setting::list("try",
                       "In the place of `handler`: several, of which the first answers that has an answer. One that says 404 or 405 has "
                       "none, but for the last. Each is a name, or an object with `handler` and `options`.",
                       std::move(name))
      .at_least(1)
      .at_most(most);
}

Setting match() {
  return Setting::string("match",
                         "The requests: a method (none: all), perhaps a host, and a path with `{name}` for one segment, "
                         "`{name...}` for the rest and `{$}` for the end, such as `GET /hello/{name}`.")
      .at_least(1)
      .required();
}

Setting match_in_group() {
  return Setting::string(
             "match",
             "As in `routes`, behind the prefix and without a host. Without a path (`GET`, or an empty string for all methods) it "
             "is the prefix itself.")
      .required();
}

Setting route(Setting match) {
  return Setting::object(
      "", "A route.",
      {
          std::move(match),
          Setting::string("handler", "The name of the handler that answers. It, or `try`, is required.").at_least(1),
          Setting::any("options", "What the handler takes; each handler has its own section.").by_default("{}"),
          tried(),
          middlewares("What stands in front of this route's handler, outermost first: a name, or an object with `name` and `options`."),
          Setting::string("name", "What handlers call the route where they build a URL that leads to it (`Services::url`).").at_least(1),
      });
}

}  // namespace

Setting middlewares(std::string text) {
  Setting name = Setting::string("", "The middleware's name.").at_least(1);
  name.or_as(Setting::object("", "A middleware with options.",
                             {
                                 Setting::string("name", "The middleware's name.").at_least(1).required(),
                                 Setting::any("options", "What the middleware takes.").by_default("{}"),
                             }));
  return Setting::list("middlewares", std::move(text), std::move(name)).by_default("[]");
}

Setting routes() {
  return Setting::list("routes", "What answers which request. The most specific `match` wins, whatever the order.", route(match()))
      .by_default("[]");
}

Setting groups() {
  return Setting::list(
             "groups", "Routes that have the beginning of their paths in common, and perhaps middlewares.",
             Setting::object(
                 "", "A group.",
                 {
                     Setting::string("prefix",
                                     "What stands in front of the path of each `match` in the group: a path without a `/` at its end, "
                                     "such as `/api/v1` or `/users/{user}`, or a host, or both.")
                         .at_least(1)
                         .required(),
                     middlewares(
                         "What stands in front of all its routes, outermost first, behind those of the whole server. The routes share "
                         "it: one `rate_limit` here is one limit for all of them."),
                     Setting::list("routes", "As `routes` of the server; a host can only stand in the prefix.", route(match_in_group()))
                         .by_default("[]"),
                 }))
      .by_default("[]");
}

}  // namespace ropeway::config
