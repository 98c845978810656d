#include <ropeway/response.hpp>

#include <cassert>
#include <utility>

namespace ropeway {

struct Response::Parts {
  Headers headers;
  Body body;
  Parts* next = nullptr;  // in the free list

  // The free list of a thread. It is trivially destructible on purpose: a response that dies after the thread's other thread-local
  // objects finds it closed, and simply frees its memory. A response that dies on another thread than the one that made it joins that
  // thread's list, which is why each list is bounded and no lock is needed.
  struct FreeList {
    Parts* first;
    unsigned size;
    bool guarded;  // the thread has a `Guard`
    bool closed;   // the thread is ending
  };
  struct Guard {
    ~Guard();
  };
  static thread_local constinit FreeList free_list;

  static std::unique_ptr<Parts> take();
  static void give_back(std::unique_ptr<Parts> parts) noexcept;
};

namespace {

constexpr unsigned kept_parts = 64;  // as many as one thread may have in flight in a burst of pipelined requests
constexpr std::size_t kept_field_bytes = 64 * 1024;

}  // namespace

thread_local constinit Response::Parts::FreeList Response::Parts::free_list{};

Response::Parts::Guard::~Guard() {
  FreeList& list = free_list;
  list.closed = true;
  while (list.first != nullptr) {
    const std::unique_ptr<Parts> freed(list.first);
    list.first = freed->next;
  }
  list.size = 0;
}

std::unique_ptr<Response::Parts> Response::Parts::take() {
  FreeList& list = free_list;
  if (list.first == nullptr) return std::make_unique<Parts>();
  std::unique_ptr<Parts> taken(list.first);
  list.first = taken->next;
  --list.size;
  return taken;
}

void Response::Parts::give_back(std::unique_ptr<Parts> parts) noexcept {
  // First, as what the body holds may itself hold a response whose end comes back here.
  parts->body.clear();
  parts->headers.clear();
  FreeList& list = free_list;
  if (list.closed || list.size >= kept_parts || parts->headers.capacity() > kept_field_bytes) return;
  if (!list.guarded) {
    static thread_local const Guard guard;
    list.guarded = true;
  }
  parts->next = list.first;
  list.first = parts.release();
  ++list.size;
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

// "404 Not Found\n", then the explanation on a line of its own.
Response Response::error(Status status, std::string_view explanation) {
  Response response(status);
  if (is_bodiless(status)) return response;
  const std::string_view reason = reason_phrase(status);
  std::string page;
  page.reserve(6 + reason.size() + explanation.size());
  page.append(std::to_string(code(status))).append(" ").append(reason).append("\n");
  if (!explanation.empty()) page.append(explanation).append("\n");
  response.headers().add("Content-Type", plain_text);
  response.body().assign(std::move(page));
  return response;
}

Response Response::stream(std::string_view media_type, BodyStream stream) { return with_content(media_type, std::move(stream)); }

}  // namespace ropeway
