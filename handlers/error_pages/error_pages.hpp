#pragma once

#include <map>
#include <memory>
#include <string>

#include <ropeway/config_node.hpp>
#include <ropeway/middleware.hpp>
#include <ropeway/status.hpp>

namespace ropeway::handlers {

/// Puts pages into the place of the short texts that errors have: files or texts, for a status or all of a class ("5xx"). The status and the other
/// fields of the answer (`Retry-After`, `Allow`, `WWW-Authenticate`) stay.
///
/// What a handler has made itself stays, unless `replace` says otherwise: replaced are answers without content, and those that have the form of
/// `Response::error`. A client that says it does not take the page's media type (a program that asks for JSON) gets the short text.
class ErrorPages final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  explicit ErrorPages(const ConfigNode& options);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  struct Page {
    std::shared_ptr<const std::string> text;
    std::string media_type;
    bool has_places = false;  // for the status and the like
  };
  [[nodiscard]] const Page* find(unsigned status) const;
  void add(const ConfigNode& list, const std::string& statuses, Page page);

  std::map<unsigned, Page> pages_;  // of a status, or of a class by its first digit
  bool replaces_all_;
};

}  // namespace ropeway::handlers
