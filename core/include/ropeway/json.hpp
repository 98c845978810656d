#pragma once

/// JSON in and out by nlohmann/json. Its header costs a second of compilation, so this one is not part of `ropeway.hpp`.
/// `Request::json()` and `Response::json(value)` are declared there already.

#include <exception>
#include <functional>
#include <string>

#include <ropeway/json_document.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>

namespace ropeway {

/// Throws `HttpError` 400 for a document out of which `read` could not make a value: `failure` is what it threw. The text has the JSON pointer of
/// the member that is wrong, where it can be found.
[[noreturn]] void refuse_json(nlohmann::json& document, const nlohmann::json::exception& failure,
                              const std::function<void(const nlohmann::json&)>& read);

/// The request's content as a T, by nlohmann's `from_json`. Throws what `Request::json()` throws, and `HttpError` 400 where a member is missing
/// or has the wrong type. What else `from_json` throws passes: throw `HttpError` for a value that cannot be.
template <class T>
T Request::json(const JsonLimits& limits) const {
  nlohmann::json document = json(limits);
  try {
    return document.get<T>();
  } catch (const nlohmann::json::exception& failure) {
    refuse_json(document, failure, [](const nlohmann::json& changed) { (void)changed.get<T>(); });
  }
}

template <class T>
T Request::json() const {
  return json<T>(JsonLimits{});
}

}  // namespace ropeway
