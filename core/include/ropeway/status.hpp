#pragma once

#include <cstdint>
#include <string_view>

namespace ropeway {

/// A response status code (RFC 9110 §15). Any number from 100 to 999 may be cast to it.
enum class Status : std::uint16_t {
  continue_ = 100,
  switching_protocols = 101,
  early_hints = 103,
  upload_resumption_supported = 104,
  ok = 200,
  created = 201,
  accepted = 202,
  non_authoritative_information = 203,
  no_content = 204,
  reset_content = 205,
  partial_content = 206,
  multiple_choices = 300,
  moved_permanently = 301,
  found = 302,
  see_other = 303,
  not_modified = 304,
  temporary_redirect = 307,
  permanent_redirect = 308,
  bad_request = 400,
  unauthorized = 401,
  payment_required = 402,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  not_acceptable = 406,
  proxy_authentication_required = 407,
  request_timeout = 408,
  conflict = 409,
  gone = 410,
  length_required = 411,
  precondition_failed = 412,
  content_too_large = 413,
  uri_too_long = 414,
  unsupported_media_type = 415,
  range_not_satisfiable = 416,
  expectation_failed = 417,
  misdirected_request = 421,
  unprocessable_content = 422,
  locked = 423,
  too_early = 425,
  upgrade_required = 426,
  precondition_required = 428,
  too_many_requests = 429,
  request_header_fields_too_large = 431,
  unavailable_for_legal_reasons = 451,
  internal_server_error = 500,
  not_implemented = 501,
  bad_gateway = 502,
  service_unavailable = 503,
  gateway_timeout = 504,
  http_version_not_supported = 505,
  insufficient_storage = 507,
};

/// The number of `status`, for example 404.
[[nodiscard]] constexpr unsigned code(Status status) noexcept { return static_cast<unsigned>(status); }

/// The registered reason phrase ("Not Found"); "Unknown" for a number that is not registered. The text lives for ever.
[[nodiscard]] std::string_view reason_phrase(Status status) noexcept;

/// Whether a response with this status never has content (1xx, 204, 304; RFC 9110 §6.4.1).
[[nodiscard]] constexpr bool is_bodiless(Status status) noexcept {
  return code(status) < 200 || status == Status::no_content || status == Status::not_modified;
}

}  // namespace ropeway
