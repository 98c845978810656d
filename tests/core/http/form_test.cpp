#include <ropeway/form.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include <ropeway/http_error.hpp>
#include <ropeway/multipart.hpp>
#include <ropeway/testing/call.hpp>

namespace ropeway {
namespace {

using testing::RequestBuilder;

constexpr std::string_view url_encoded = "application/x-www-form-urlencoded; charset=UTF-8";

Request sent(std::string_view type, std::string_view body) {
  return RequestBuilder("POST", "/").header("Content-Type", type).body(body).build();
}

template <class Read>
unsigned status_of(const Read& read) {
  try {
    read();
  } catch (const HttpError& error) { return code(error.status()); }
  return 200;
}

}  // namespace

TEST_CASE("fields of a form are decoded and found, alone and together, and as types") {
  const Form form = sent(url_encoded, "name=J%C3%BCrgen+X&age=41&tag=a&tag=b&empty=&flag&&%=odd").form();
  CHECK(form.find("name") == "J\xC3\xBCrgen X");
  CHECK(form.find("flag") == "");
  CHECK(form.find("%") == "odd");
  CHECK_FALSE(form.find("none"));
  CHECK(form.all("tag") == std::vector<std::string_view>{"a", "b"});
  CHECK(form.value<int>("age") == 41);
  CHECK(form.value<std::optional<int>>("empty") == std::nullopt);
  CHECK(form.value<int>("none", 3) == 3);
  CHECK_THROWS_WITH_AS((void)form.value<int>("name"), doctest::Contains("The form field \"name\" is \"J\xC3\xBCrgen X\""), HttpError);
  CHECK_THROWS_WITH_AS((void)form.value<bool>("none"), doctest::Contains("\"none\" is missing"), HttpError);
  CHECK(form.fields().size() == 7);
  CHECK(sent(url_encoded, "").form().fields().empty());
}

TEST_CASE("a form in parts gives its fields and its files, also large ones") {
  const std::string large(300'000, 'L');
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nHolidays\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n" +
      large + "\r\n--b\r\nContent-Disposition: form-data; name=\"none\"; filename=\"\"\r\n\r\n\r\n--b--\r\n";
  const Form form = sent("multipart/form-data; boundary=b", body).form();
  CHECK(form.find("title") == "Holidays");
  CHECK_FALSE(form.find("photo"));
  REQUIRE(form.file("photo") != nullptr);
  CHECK(form.file("photo")->filename == "a.jpg");
  CHECK(form.file("photo")->media_type == "image/jpeg");
  CHECK(form.file("photo")->content == large);
  REQUIRE(form.file("none") != nullptr);
  CHECK(form.file("none")->content.empty());
  CHECK(form.file("title") == nullptr);
}

TEST_CASE("what is no form, malformed or too much is refused with the status that says so") {
  CHECK(status_of([] { (void)sent("application/json", "{}").form(); }) == 415);
  CHECK(status_of([] { (void)RequestBuilder("POST", "/").body("a=b").build().form(); }) == 415);
  CHECK(status_of([] { (void)sent("multipart/form-data", "x").form(); }) == 400);
  CHECK(status_of([] { (void)sent("multipart/form-data; boundary=b", "--b\r\n").form(); }) == 400);
  CHECK(status_of([] { (void)sent("multipart/form-data; boundary=b", "--b\r\nX\r\n\r\n").form(); }) == 400);
  const FormLimits two{.parts = 2};
  CHECK(status_of([&] { (void)sent(url_encoded, "a=1&b=2").form(two); }) == 200);
  CHECK(status_of([&] { (void)sent(url_encoded, "a=1&b=2&c=3").form(two); }) == 413);
  const std::string part = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n";
  CHECK(status_of([&] { (void)sent("multipart/form-data; boundary=b", part + part + "--b--").form(two); }) == 200);
  CHECK(status_of([&] { (void)sent("multipart/form-data; boundary=b", part + part + part + "--b--").form(two); }) == 413);
  const std::string long_head = "--b\r\nContent-Disposition: form-data; name=\"" + std::string(9000, 'x') + "\"\r\n\r\n1\r\n--b--";
  CHECK(status_of([&] { (void)sent("multipart/form-data; boundary=b", long_head).form(); }) == 413);
}

TEST_CASE("a coroutine that has not read the body is told so, instead of an empty form") {
  struct Early final : AsyncHandler {
    awaitable<Response> handle(Request& request) const override {
      std::string told;
      try {
        (void)request.form();
      } catch (const std::logic_error& error) { told = error.what(); }
      co_await request.read_body();
      co_return Response::text(told + "|" + std::string(request.form().find("a").value()));
    }
  } early;
  const std::string body = testing::body_of(testing::call(early, sent(url_encoded, "a=1")));
  CHECK(body == "Request::form: the body is not there yet; co_await request.read_body() first|1");
}

}  // namespace ropeway
