#include <ropeway/response.hpp>

#include <cassert>
#include <utility>

#include <ropeway/http_error.hpp>
#include <ropeway/url.hpp>

#include "core/src/http/free_list.hpp"
#include "core/src/http/quoted.hpp"

namespace ropeway {

struct Response::Parts {
  Headers headers;
  Body body;
  Parts* next_free = nullptr;

  static std::unique_ptr<Parts> take();
  static void give_back(std::unique_ptr<Parts> parts) noexcept;
};

namespace {

constexpr unsigned kept_parts = 64;  // as many as one thread may have in flight in a burst of pipelined requests
constexpr std::size_t kept_field_bytes = 64 * 1024;

}  // namespace

std::unique_ptr<Response::Parts> Response::Parts::take() {
  auto taken = http::FreeList<Parts, kept_parts>::take();
  return taken ? std::move(taken) : std::make_unique<Parts>();
}

void Response::Parts::give_back(std::unique_ptr<Parts> parts) noexcept {
  parts->body.clear();
  parts->headers.clear();
  if (parts->headers.capacity() <= kept_field_bytes) http::FreeList<Parts, kept_parts>::give_back(std::move(parts));
}

Response::Response(Status status) : status_(status), parts_(Parts::take()) {}

Response::~Response() {
  if (parts_ != nullptr) Parts::give_back(std::move(parts_));
}

Response::Response(Response&& other) noexcept = default;

Response& Response::operator=(Response&& other) noexcept {
  std::swap(status_, other.status_);
  std::swap(parts_, other.parts_);
  return *this;
}

Headers& Response::headers() noexcept {
  assert(parts_ != nullptr && "a response that was moved from has no fields");
  return parts_->headers;
}

const Headers& Response::headers() const noexcept {
  assert(parts_ != nullptr && "a response that was moved from has no fields");
  return parts_->headers;
}

Body& Response::body() noexcept {
  assert(parts_ != nullptr && "a response that was moved from has no body");
  return parts_->body;
}

const Body& Response::body() const noexcept {
  assert(parts_ != nullptr && "a response that was moved from has no body");
  return parts_->body;
}

Response& Response::header(std::string_view name, std::string_view value) & {
  headers().set(name, value);
  return *this;
}

Response&& Response::header(std::string_view name, std::string_view value) && {
  headers().set(name, value);
  return std::move(*this);
}

namespace {

template <class Content>
Response with_content(std::string_view media_type, Content&& content) {
  Response response;
  response.headers().add("Content-Type", media_type);
  response.body().assign(std::forward<Content>(content));
  return response;
}

constexpr std::string_view plain_text = "text/plain; charset=utf-8";
constexpr std::string_view html_text = "text/html; charset=utf-8";
constexpr std::string_view json_text = "application/json";

}  // namespace

Response Response::text(std::string_view content) { return with_content(plain_text, content); }
Response Response::text(std::string&& content) { return with_content(plain_text, std::move(content)); }
Response Response::html(std::string_view content) { return with_content(html_text, content); }
Response Response::html(std::string&& content) { return with_content(html_text, std::move(content)); }
Response Response::json(std::string_view content) { return with_content(json_text, content); }
Response Response::json(std::string&& content) { return with_content(json_text, std::move(content)); }

Response Response::redirect(std::string_view location, Status status) {
  Response response = error(status, location);
  response.headers().add("Location", location);
  return response;
}

Response Response::local_redirect(std::string_view location, Status status) {
  if (!is_local_reference(location)) {
    throw HttpError(Status::bad_request, "The place to go to, " + http::quoted(location) + ", is no path of this site.");
  }
  return redirect(location, status);
}

// "404 Not Found\n", then the explanation on a line of its own.
Response Response::error(Status status, std::string_view explanation) {
  Response response(status);
  if (is_bodiless(status)) return response;
  const std::string_view reason = reason_phrase(status);
  std::string page;
  page.reserve(6 + reason.size() + explanation.size());
  page.append(std::to_string(code(status))).append(" ").append(reason).append("\n");
  if (!explanation.empty() && explanation != reason) page.append(explanation).append("\n");
  response.headers().add("Content-Type", plain_text);
  response.body().assign(std::move(page));
  return response;
}

Response Response::stream(std::string_view media_type, BodyStream stream) { return with_content(media_type, std::move(stream)); }

}  // namespace ropeway
