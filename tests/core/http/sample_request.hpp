#pragma once

#include <initializer_list>
#include <stdexcept>
#include <string_view>

#include "core/src/http/request_access.hpp"

namespace ropeway::http {

/// A request with these views, which must outlive it; its target is taken apart at "?" as a codec does.
inline Request sample_request(Method method, std::string_view target, std::initializer_list<HeaderField> fields = {}) {
  RequestHead head;
  head.method = method;
  head.method_name = to_string(method);
  head.target = target;
  head.raw_path = target.substr(0, target.find('?'));
  if (head.raw_path.size() < target.size()) head.query = target.substr(head.raw_path.size() + 1);
  head.fields.assign(fields);
  Request request;
  if (!RequestAccess::assign(request, head)) throw std::invalid_argument("a path that cannot be served");
  return request;
}

inline Request sample_get(std::initializer_list<HeaderField> fields = {}) { return sample_request(Method::get, "/file", fields); }

}  // namespace ropeway::http
