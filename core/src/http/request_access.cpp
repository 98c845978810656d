#include "core/src/http/request_access.hpp"

#include <algorithm>
#include <utility>

namespace ropeway {
namespace {

constexpr std::size_t recycled_text_bytes = 64 * 1024;  // `recycle` keeps memory up to this size

std::string& text_of(std::unique_ptr<std::string>& holder) {
  if (holder == nullptr) holder = std::make_unique<std::string>();
  return *holder;
}

void recycle_text(std::unique_ptr<std::string>& holder) noexcept {
  if (holder == nullptr) return;
  if (holder->capacity() > recycled_text_bytes) {
    holder.reset();
  } else {
    holder->clear();
  }
}

}  // namespace

void RequestAccess::assign_as_read(Request& request, http::RequestHead& head, std::string_view path) noexcept {
  request.method_ = head.method;
  request.version_ = head.version;
  request.method_name_ = head.method_name;
  request.target_ = head.target;
  request.raw_path_ = head.raw_path;
  request.query_ = head.query;
  request.host_ = head.host;
  request.body_ = {};
  request.body_reader_ = nullptr;
  request.connection_ = nullptr;
  request.param_count_ = 0;
  request.fields_.swap(head.fields);
  request.path_ = path;
}

bool RequestAccess::assign(Request& request, http::RequestHead& head, http::RepeatedSlashes slashes) {
  assign_as_read(request, head, "/");
  const std::string_view raw = head.raw_path;
  if (raw.empty()) return true;  // the authority form, or an absolute form without a path (RFC 9112 §3.2.2, §3.2.3)
  request.path_ = raw;
  if (raw == "*") return true;  // the asterisk form (RFC 9112 §3.2.4)
  if (raw.front() != '/') return false;
  const bool single = slashes == http::RepeatedSlashes::keep || raw.find("//") == std::string_view::npos;
  if (single && http::is_plain_path(raw)) return true;
  std::string& path = text_of(request.path_text_);
  const bool valid = http::normalise_path(raw, path, slashes);
  request.path_ = valid ? std::string_view(path) : std::string_view("/");
  return valid;
}

void RequestAccess::recycle(Request& request, http::RequestHead& head) noexcept {
  request.fields_.clear();
  if (head.fields.capacity() < request.fields_.capacity()) {
    head.fields.clear();
    head.fields.swap(request.fields_);
  }
  request.method_ = Method::get;
  request.version_ = Version::http_1_1;
  request.param_count_ = 0;
  request.peer_port_ = 0;
  request.id_ = RequestId::none;
  request.peer_text_size_ = 0;
  request.method_name_ = {};
  request.target_ = {};
  request.path_ = {};
  request.raw_path_ = {};
  request.query_ = {};
  request.host_ = {};
  request.body_ = {};
  request.body_reader_ = nullptr;
  request.own_reader_.reset();
  request.connection_ = nullptr;
  if (request.forwarded_ != nullptr) request.forwarded_->is_set = false;
  request.attributes_.reset();
  recycle_text(request.path_text_);
  recycle_text(request.body_text_);
  request.wire_text_.reset();
}

void RequestAccess::append_body(Request& request, std::string_view data) {
  std::string& text = text_of(request.body_text_);
  if (request.body_.data() != text.data()) text.assign(request.body_);  // what arrived before was not ours
  text.append(data);
  request.body_ = text;
}

void RequestAccess::replace_content(Request& request, std::shared_ptr<BodyReader> content) {
  std::erase_if(request.fields_, [](const HeaderField& field) {
    constexpr std::string_view names[] = {"Content-Encoding", "Content-Length", "Content-Digest", "Repr-Digest"};
    return std::any_of(std::begin(names), std::end(names), [&](std::string_view name) { return same_field_name(field.name, name); });
  });
  request.body_ = {};
  request.own_reader_ = std::move(content);
  request.body_reader_ = request.own_reader_.get();
}

awaitable<void> RequestAccess::drop_body(Request& request) {
  while (request.body_reader_ != nullptr) {
    const std::string_view piece = co_await request.body_reader_->read();
    if (piece.empty()) request.body_reader_ = nullptr;
  }
}

void RequestAccess::set_peer(Request& request, std::string_view address, std::uint16_t port) noexcept {
  const std::size_t size = std::min(address.size(), request.peer_text_.size());
  std::copy_n(address.data(), size, request.peer_text_.data());
  request.peer_text_size_ = static_cast<std::uint8_t>(size);
  request.peer_port_ = port;
}

void RequestAccess::set_forwarded(Request& request, std::string_view address, std::string_view scheme, std::string_view authority) {
  if (request.forwarded_ == nullptr) request.forwarded_ = std::make_unique<Request::Forwarded>();
  request.forwarded_->address = address;
  request.forwarded_->scheme = scheme;
  request.forwarded_->authority = authority;
  request.forwarded_->is_set = true;
}

void RequestAccess::follow(Request& request, const Request& original) {
  set_peer(request, original.peer_address(), original.peer_port());
  if (original.forwarded_ != nullptr && original.forwarded_->is_set) {
    set_forwarded(request, original.forwarded_->address, original.forwarded_->scheme, original.forwarded_->authority);
  }
  request.connection_ = original.connection_;
  request.id_ = original.id_;
  request.generation_ = static_cast<std::uint8_t>(original.generation_ + 1);
}

void RequestAccess::add_param(Request& request, std::string_view name, std::string_view value) noexcept {
  if (request.param_count_ == request.params_.size()) return;
  request.params_[request.param_count_++] = {name, value};
}

std::string& RequestAccess::own_text(Request& request) { return text_of(request.wire_text_); }

}  // namespace ropeway
