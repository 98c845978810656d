#include <ropeway/request.hpp>

#include <algorithm>
#include <cassert>
#include <stdexcept>

#include <ropeway/http_error.hpp>

#include "core/src/http/percent_encoding.hpp"
#include "core/src/http/request_access.hpp"

namespace ropeway {

std::optional<std::string> Request::query(std::string_view name) const {
  std::string_view rest = query_;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.empty() || !http::form_text_equals(pair.substr(0, equals), name)) continue;
    return http::decode_form_text(pair.substr(std::min(equals + 1, pair.size())));
  }
  return std::nullopt;
}

std::vector<std::string> Request::query_all(std::string_view name) const {
  std::vector<std::string> values;
  for (std::string_view rest = query_; !rest.empty();) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.empty() || !http::form_text_equals(pair.substr(0, equals), name)) continue;
    values.push_back(http::decode_form_text(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return values;
}

std::string_view Request::param(std::string_view name) const noexcept {
  for (std::uint8_t i = 0; i < param_count_; ++i) {
    if (params_[i].name == name) return params_[i].value;
  }
  return {};
}

void Request::refuse_name(std::string_view param) const {
  std::string text = "the route has no parameter {" + std::string(param) + "}";
  if (param_count_ == 0) throw std::logic_error(text + ", and no other either");
  text += "; it has";
  for (std::uint8_t i = 0; i < param_count_; ++i) text.append(i == 0 ? " {" : ", {").append(params_[i].name).append("}");
  throw std::logic_error(text);
}

Attributes& Request::attributes() {
  if (attributes_ == nullptr) attributes_ = std::make_unique<Attributes>();
  return *attributes_;
}

const Attributes& Request::attributes() const noexcept {
  static const Attributes none;
  return attributes_ != nullptr ? *attributes_ : none;
}

std::string_view Request::authority() const noexcept {
  if (forwarded_ != nullptr && forwarded_->is_set && !forwarded_->authority.empty()) return forwarded_->authority;
  const std::string_view field = header("host");
  return field.starts_with(host_) ? field : host_;  // an absolute target says more than the field (RFC 9112 §3.2.2)
}

awaitable<std::string_view> Request::read_body() {
  while (body_reader_ != nullptr) {
    const std::string_view piece = co_await body_reader_->read();
    if (piece.empty()) {
      body_reader_ = nullptr;
    } else {
      if (connection_ != nullptr && !connection_->may_keep(piece.size()))
        throw HttpError(Status::service_unavailable, "the contents of requests take as much memory as they may (limits.body_memory)");
      RequestAccess::append_body(*this, piece);
    }
  }
  co_return body_;
}

awaitable<void> Request::interim(Status status, const Headers& fields) {
  assert(code(status) > 101 && code(status) < 200 && "an interim response of a handler");
  if (connection_ != nullptr) co_await connection_->interim(status, fields);
}

bool Request::client_gone() { return connection_ != nullptr && connection_->client_gone(); }

std::stop_token Request::stop_token() const { return connection_ != nullptr ? connection_->stop_token() : std::stop_token(); }

void Request::limit_time(std::chrono::milliseconds time) {
  if (connection_ != nullptr) connection_->limit_time(time);
}

std::optional<std::chrono::steady_clock::time_point> Request::deadline() const noexcept {
  return connection_ != nullptr ? connection_->deadline() : std::nullopt;
}

std::string Request::local_address() const { return connection_ != nullptr ? connection_->local_address() : std::string(); }

std::uint16_t Request::local_port() const noexcept { return connection_ != nullptr ? connection_->local_port() : 0; }

std::string_view Request::peer_address() const noexcept { return {peer_text_.data(), peer_text_size_}; }

}  // namespace ropeway
