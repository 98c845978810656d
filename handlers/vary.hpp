#pragma once

#include <string_view>

#include <ropeway/headers.hpp>

#include "handlers/field_list.hpp"

namespace ropeway::handlers {

/// Says that a response depends on the request's field `name`, in addition to what it says already (RFC 9110 §12.5.5).
inline void add_vary(Headers& headers, std::string_view name) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (!same_field_name(headers[i].name, "Vary")) continue;
    std::string_view rest = headers[i].value;
    while (!rest.empty()) {
      if (same_field_name(take_element(rest), name)) return;
    }
  }
  headers.add("Vary", name);
}

}  // namespace ropeway::handlers
