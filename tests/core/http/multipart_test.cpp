#include "core/src/http/multipart.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <ropeway/testing/call.hpp>

namespace ropeway::http {
namespace {

using Event = MultipartDecoder::Event;

// "name[filename](type)=content;" for each part, then "end", "...", "malformed" or "large".
std::string decoded(std::string_view bytes, std::size_t step, const FormLimits& limits = {}) {
  MultipartDecoder decoder("b", limits);
  std::string text;
  for (;;) {
    switch (decoder.next()) {
      case Event::need_input:
        if (bytes.empty()) return text + "...";
        decoder.feed(bytes.substr(0, step));
        bytes.remove_prefix(std::min(step, bytes.size()));
        break;
      case Event::part:
        text += decoder.part().name;
        if (decoder.part().filename) text += "[" + *decoder.part().filename + "]";
        if (decoder.part().media_type != "text/plain") text += "(" + decoder.part().media_type + ")";
        text += "=";
        break;
      case Event::data: text += decoder.data(); break;
      case Event::part_end: text += ";"; break;
      case Event::end: return text + "end";
      case Event::malformed: return text + "malformed";
      case Event::too_large: return text + "large";
    }
  }
}

std::string decoded_in_every_way(std::string_view bytes, const FormLimits& limits = {}) {
  std::string whole = decoded(bytes, std::max<std::size_t>(bytes.size(), 1), limits);
  for (std::size_t step = 1; step < bytes.size(); ++step) {
    CAPTURE(step);
    CHECK(decoded(bytes, step, limits) == whole);
  }
  return whole;
}

const std::string a = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";

}  // namespace

TEST_CASE("the parts of a form come off, however it is cut (RFC 2046 §5.1, RFC 7578)") {
  const struct {
    std::string bytes;
    std::string outcome;
  } cases[] = {
      {a + "1\r\n--b--\r\n", "a=1;end"},
      {a + "1\r\n--b--", "a=1;end"},
      {a + "\r\n--b--", "a=;end"},
      {"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--", "a=;end"},  // no content at all
      {"preamble\r\n--c\r\n" + a + "1\r\n--b--epilogue", "a=1;end"},
      {"\r\n" + a + "1\r\n--b--", "a=1;end"},
      {a + "1\r\n" + a + "2\r\n--b--", "a=1;a=2;end"},
      {a + "1\r\n--b \t\r\nContent-Disposition: form-data; name=c\r\n\r\nx\r\n--b--", "a=1;c=x;end"},
      {a + "\r\n\r\n-\r\n--\r\n--a\r\n--b--", "a=\r\n\r\n-\r\n--\r\n--a;end"},
      {a + "x--b--\r\n--b--", "a=x--b--;end"},
      {a + "\n--b--\r\n--b--", "a=\n--b--;end"},
      {"--b\r\nCONTENT-DISPOSITION: Form-Data; filename=\"x \\\"y\\\".txt\"; name=\"f\"\r\nContent-Type: image/png\r\nX-Y: "
       "z\r\n\r\nd\r\n--b--",
       "f[x \"y\".txt](image/png)=d;end"},
      {"--b\r\nContent-Disposition: form-data; name=\"\"; filename=\"C:\\dir\\f;g=h.txt\"\r\n\r\nd\r\n--b--", "[C:\\dir\\f;g=h.txt]=d;end"},
      {"--b--", "end"},
      {"", "..."},
      {"--b", "..."},
      {a + "1\r\n--b", "a=1;..."},
      {a + "1\r\n-", "a=..."},
      {"--bad\r\n", "malformed"},
      {"--b\rx", "malformed"},
      {"--b\r\n\r\nx\r\n--b--", "malformed"},
      {"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--", "malformed"},
      {"--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--", "malformed"},
      {"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", "malformed"},
      {"--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--b--", "malformed"},
      {"--b\r\nContent-Disposition: form-data; name=a\r\nno colon\r\n\r\nx\r\n--b--", "malformed"},
      {"--b\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=c\r\n\r\nx\r\n--b--", "malformed"},
  };
  for (const auto& test : cases) {
    CAPTURE(test.bytes);
    CHECK(decoded_in_every_way(test.bytes) == test.outcome);
  }
}

TEST_CASE("a form is bounded in its parts and in what stands in front of each") {
  FormLimits limits;
  limits.parts = 2;
  limits.head_bytes = 100;
  CHECK(decoded_in_every_way(a + "1\r\n" + a + "2\r\n--b--", limits) == "a=1;a=2;end");
  CHECK(decoded_in_every_way(a + "1\r\n" + a + "2\r\n" + a + "3\r\n--b--", limits) == "a=1;a=2;large");
  CHECK(decoded_in_every_way("--b\r\nX: " + std::string(200, 'x') + "\r\n\r\n", limits) == "large");
  const std::string field = "\r\nContent-Disposition: form-data; name=a";
  const std::string padding = "\r\nX: ";
  for (const std::size_t size : {std::size_t{100}, std::size_t{101}}) {
    const std::string head = field + padding + std::string(size - field.size() - padding.size(), 'x');
    CHECK(decoded_in_every_way("--b" + head + "\r\n\r\n1\r\n--b--", limits) == (size == 100 ? "a=1;end" : "large"));
  }
  CHECK(decoded_in_every_way("--b" + std::string(200, ' ') + "\r\n", limits) == "large");
}

TEST_CASE("a boundary comes from the media type (RFC 2046 §5.1.1)") {
  CHECK_FALSE(form_boundary("text/plain; boundary=b"));
  CHECK_FALSE(form_boundary("multipart/mixed; boundary=b"));
  CHECK(form_boundary("multipart/form-data; boundary=b") == "b");
  CHECK(form_boundary("Multipart/Form-Data; charset=utf-8; BOUNDARY=\"a b:c\"") == "a b:c");
  for (const char* wrong :
       {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=\"a", "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=a\x01", "multipart/form-data; boundary"}) {
    CAPTURE(wrong);
    CHECK(form_boundary(wrong) == "");
  }
  CHECK(form_boundary("multipart/form-data; boundary=" + std::string(70, 'x')) == std::string(70, 'x'));
  CHECK(form_boundary("multipart/form-data; boundary=" + std::string(71, 'x')) == "");
}

TEST_CASE("a form reader gives each part with its content, and skips what nobody reads") {
  class Form final : public AsyncHandler {
   public:
    awaitable<Response> handle(Request& request) const override {
      FormReader form(request);
      std::string text;
      while (auto part = co_await form.next()) {
        text += part->name + "=";
        if (part->name == "skipped") continue;
        for (auto piece = co_await form.read(); !piece.empty(); piece = co_await form.read()) text += piece;
        CHECK((co_await form.read()).empty());  // and stays at the end
      }
      co_return Response::text(text);
    }
  };
  const auto call = [](const std::string& body) {
    return testing::call(Form(), testing::RequestBuilder("POST", "/").header("Content-Type", "multipart/form-data; boundary=b").body(body));
  };
  const std::string skipped = "--b\r\nContent-Disposition: form-data; name=skipped\r\n\r\nlong\r\n";
  CHECK(testing::body_of(call(a + "1\r\n" + skipped + a + "2\r\n--b--\r\nepilogue")) == "a=1skipped=a=2");
  CHECK(call(a + "1\r\n").status() == Status::bad_request);
  CHECK(call("").status() == Status::bad_request);
}

TEST_CASE("a form that somebody has read already comes off, too, and may break off like any other") {
  class Form final : public AsyncHandler {
   public:
    awaitable<Response> handle(Request& request) const override {
      (void)co_await request.read_body();
      FormReader form(request);
      std::string text;
      while (auto part = co_await form.next()) text += part->name + "=" + std::string(co_await form.read());
      co_return Response::text(text);
    }
  };
  const auto call = [](const std::string& body) {
    return testing::call(Form(), testing::RequestBuilder("POST", "/").header("Content-Type", "multipart/form-data; boundary=b").body(body));
  };
  CHECK(testing::body_of(call(a + "1\r\n" + a + "2\r\n--b--")) == "a=1a=2");
  CHECK(call(a + "1\r\n").status() == Status::bad_request);
  CHECK(call(a + "1").status() == Status::bad_request);
}

}  // namespace ropeway::http
