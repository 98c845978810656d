// What handlers ask of a request: whatever a peer has sent, the answer is a value or an HttpError, and the invariants below hold.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/json_document.hpp>

#include <ropeway/form.hpp>
#include <ropeway/http_error.hpp>
#include <ropeway/json_writer.hpp>
#include <ropeway/response.hpp>
#include <ropeway/secure_cookie.hpp>
#include <ropeway/testing/fake_clock.hpp>
#include <ropeway/url.hpp>
#include <ropeway/utf8.hpp>

#include "core/src/http/forwarded.hpp"
#include "core/src/http/request_access.hpp"

namespace {

using namespace ropeway;

void require(bool condition) {
  if (!condition) std::abort();
}

/// A request with one field, or two of that name, and a body; it refers to what it is given.
struct Sample {
  std::vector<HeaderField> fields;
  Request request;
  Sample(std::string_view name, std::string_view value, std::string_view body = {}) : fields{{name, value}} {
    http::RequestHead head;
    head.raw_path = head.target = "/";
    head.query = body;
    head.fields = fields;
    require(RequestAccess::assign(request, head));
    RequestAccess::set_body(request, body);
  }
};

template <class Read>
void read_or_refuse(const Read& read) {
  try {
    read();
  } catch (const HttpError& error) {
    require(code(error.status()) >= 400 && code(error.status()) < 500);
    const std::string_view told = error.what();
    for (std::string_view rest = told; !rest.empty();) {
      const std::size_t length = utf8_length(rest);
      require(length > 0 && static_cast<unsigned char>(rest.front()) >= 0x20);
      rest.remove_prefix(length);
    }
    require(told.size() < 500);
  }
}

void check_values(std::string_view text) {
  const Sample sample("X", "", text);
  for (const char* name : {"a", ""}) {
    read_or_refuse([&] { (void)sample.request.query<int>(name); });
    read_or_refuse([&] { (void)sample.request.query<double>(name, 1.5); });
    read_or_refuse([&] { (void)sample.request.query<bool>(name); });
    if (!sample.request.query(name)) require(sample.request.query_all(name).empty());
  }
}

void check_form(std::string_view text, bool multipart) {
  const Sample sample("Content-Type", multipart ? "multipart/form-data; boundary=b" : "application/x-www-form-urlencoded", text);
  read_or_refuse([&] {
    const Form form = sample.request.form();
    std::size_t size = 0;
    for (const auto& field : form.fields()) size += field.name.size() + field.value.size();
    for (const auto& file : form.files()) size += file.field.size() + file.content.size();
    require(size <= text.size());
  });
}

void check_json(std::string_view text) {
  const Sample sample("Content-Type", "application/json", text);
  read_or_refuse([&] {
    const nlohmann::json document = sample.request.json({.bytes = 100'000, .depth = 20});
    require(nlohmann::json::parse(Response::json(document).body().text()) == document);
  });
  JsonWriter json;
  json.value(text);
  (void)nlohmann::json::parse(json.take()).get_ref<const std::string&>();
}

void check_cookie(std::string_view text) {
  const testing::FakeClock clock;
  static const CookieKeys keys({std::string(32, 'k')}, clock);
  const Sample sample("Cookie", text);
  if (const auto value = sample.request.cookie("a")) require(value->data() >= text.data() && value->size() <= text.size());
  require(!keys.verify(sample.request, "a"));
  require(!keys.open(sample.request, "a"));
}

void check_accept(std::string_view text) {
  for (const char* name : {"Accept", "Accept-Language"}) {
    const Sample sample(name, text);
    const std::string_view best =
        name == std::string_view("Accept") ? sample.request.accepts({"a/b", "c/d"}) : sample.request.accepts_language({"de", "en-GB"});
    require(best.empty() || best == "a/b" || best == "c/d" || best == "de" || best == "en-GB");
  }
}

void check_forwarded(std::string_view text) {
  for (const char* name : {"Forwarded", "X-Forwarded-For"}) {
    const HeaderField fields[] = {{name, text}, {"X-Forwarded-Proto", text}, {name, "192.0.2.1"}};
    http::ForwardedChain chain;
    http::read_x_forwarded(HeaderView(fields), chain);
    if (name == std::string_view("X-Forwarded-For")) require(chain.count > 0 && chain.hops[chain.count - 1].node == "192.0.2.1");
    (void)http::read_forwarded(HeaderView(fields), chain);
    require(chain.count <= http::ForwardedChain::most_hops);
  }
  if (is_local_reference(text)) require(text.front() == '/' && text.find_first_of("\\\r\n\t ") == std::string_view::npos);
}

}  // namespace

// The first byte says what the rest is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 7) {
    case 0: check_values(text); break;
    case 1: check_form(text, false); break;
    case 2: check_form(text, true); break;
    case 3: check_json(text); break;
    case 4: check_cookie(text); break;
    case 5: check_accept(text); break;
    default: check_forwarded(text); break;
  }
  return 0;
}
