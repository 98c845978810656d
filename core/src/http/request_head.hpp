#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <ropeway/headers.hpp>
#include <ropeway/method.hpp>
#include <ropeway/request.hpp>

namespace ropeway::http {

/// The head of a request as a codec read it: views into the codec's receive buffer, which keeps the head until the exchange has ended.
struct RequestHead {
  Method method = Method::get;
  Version version = Version::http_1_1;
  bool expects_continue = false;     // Expect: 100-continue (RFC 9110 §10.1.1)
  bool has_body = false;             // Content-Length > 0, or chunked
  std::uint64_t content_length = 0;  // of a body that is not chunked
  std::string_view method_name;
  std::string_view target;    // as sent
  std::string_view raw_path;  // of the target, without the query; "*" and "" for the asterisk and authority forms
  std::string_view query;     // without "?"
  std::string_view host;      // without port; from an absolute target or Host
  std::vector<HeaderField> fields;

  void clear() noexcept {
    auto kept = std::move(fields);
    kept.clear();
    *this = RequestHead();
    fields = std::move(kept);
  }
};

}  // namespace ropeway::http
