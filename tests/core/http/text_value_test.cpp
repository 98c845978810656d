#include <doctest/doctest.h>

#include <string>

#include <ropeway/http_error.hpp>
#include <ropeway/testing/call.hpp>
#include <ropeway/text_value.hpp>

#include "core/src/http/quoted.hpp"

namespace ropeway {
namespace {

enum class Sorting { newest, oldest };

struct Even {
  static constexpr std::string_view text_form = "an even number";
  static std::optional<Even> from_text(std::string_view text) {
    const auto number = value_from<int>(text);
    return number && *number % 2 == 0 ? std::optional(Even{*number}) : std::nullopt;
  }
  int number;
};

// What the client is told, with the status in front.
template <class Read>
std::string told(const Read& read) {
  try {
    read();
  } catch (const HttpError& error) { return std::to_string(code(error.status())) + " " + error.what(); }
  return "nothing";
}

}  // namespace

template <>
struct ValueNames<Sorting> {
  static constexpr std::pair<std::string_view, Sorting> values[] = {{"newest", Sorting::newest}, {"oldest", Sorting::oldest}};
};

TEST_CASE("text is read as whole numbers of every width, exactly to their ends") {
  CHECK(value_from<std::int8_t>("-128") == std::int8_t{-128});
  CHECK_FALSE(value_from<std::int8_t>("-129"));
  CHECK(value_from<std::uint8_t>("255") == std::uint8_t{255});
  CHECK_FALSE(value_from<std::uint8_t>("256"));
  CHECK(value_from<int>("2147483647") == 2147483647);
  CHECK_FALSE(value_from<int>("2147483648"));
  CHECK(value_from<std::int64_t>("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  CHECK(value_from<std::uint64_t>("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(value_from<std::uint64_t>("18446744073709551616"));
  for (const char* bad : {"", " 1", "1 ", "+1", "0x1", "1.0", "1e3", "--1", "one", "1\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(value_from<int>(bad));
  }
  CHECK_FALSE(value_from<unsigned>("-1"));
}

TEST_CASE("text is read as numbers, booleans, names of an enumeration, and types that read themselves") {
  CHECK(value_from<double>("-2.5e3") == -2500.0);
  for (const char* bad : {"", "inf", "nan", "1e999", "1,5", "0x1p3", "1.5 "}) {
    CAPTURE(bad);
    CHECK_FALSE(value_from<double>(bad));
  }
  CHECK(value_from<bool>("true") == true);
  CHECK(value_from<bool>("0") == false);
  CHECK_FALSE(value_from<bool>("yes"));
  CHECK(value_from<Sorting>("oldest") == Sorting::oldest);
  CHECK_FALSE(value_from<Sorting>("Oldest"));
  CHECK(value_from<Even>("12")->number == 12);
  CHECK_FALSE(value_from<Even>("13"));
  CHECK(value_from<std::string>("") == "");
}

TEST_CASE("a path parameter that is not what the handler asks for is a 400 that says which, what came and what was expected") {
  const Request request =
      testing::RequestBuilder("GET", "/users/x/y").param("id", "12").param("bad", "4\x1b[2Jx2").param("sorting", "best").build();
  CHECK(request.param<int>("id") == 12);
  CHECK(request.param<std::string>("id") == "12");
  CHECK(request.param<std::optional<std::uint8_t>>("id") == std::uint8_t{12});
  CHECK(told([&] { (void)request.param<int>("bad"); }) ==
        "400 The path parameter \"bad\" is \"4?[2Jx2\"; expected a whole number from -2147483648 to 2147483647.");
  CHECK(told([&] { (void)request.param<Sorting>("sorting"); }) ==
        "400 The path parameter \"sorting\" is \"best\"; expected one of \"newest\", \"oldest\".");
  CHECK(told([&] { (void)request.param<Even>("bad"); }).ends_with("expected an even number."));
}

TEST_CASE("a path parameter that the route does not have is the program's mistake: an error that names both") {
  const Request request = testing::RequestBuilder("GET", "/").param("id", "12").param("name", "x").build();
  CHECK_THROWS_WITH_AS((void)request.param<int>("idd"), "the route has no parameter {idd}; it has {id}, {name}", std::logic_error);
  const Request bare = testing::RequestBuilder("GET", "/").build();
  CHECK_THROWS_WITH_AS((void)bare.param<int>("id"), "the route has no parameter {id}, and no other either", std::logic_error);
}

TEST_CASE("values of the query are read as types; missing ones are refused, or have a fallback") {
  const Request request = testing::RequestBuilder("GET", "/?page=7&tag=a%20b&tag=c&empty=&bad=seven").build();
  CHECK(request.query<int>("page") == 7);
  CHECK(request.query<std::string>("tag") == "a b");
  CHECK(request.query_all("tag") == std::vector<std::string>{"a b", "c"});
  CHECK(request.query_all("none").empty());
  CHECK(request.query<int>("size", 20) == 20);
  CHECK(request.query<int>("page", 20) == 7);
  CHECK(request.query<std::string>("empty", "x") == "");
  CHECK(request.query<int>("empty", 5) == 5);
  CHECK(request.query<std::optional<int>>("none") == std::nullopt);
  CHECK(told([&] { (void)request.query<bool>("page"); }) == "400 The query parameter \"page\" is \"7\"; expected \"true\" or \"false\".");
  CHECK(told([&] { (void)request.query<double>("none"); }) == "400 The query parameter \"none\" is missing; expected a number.");
  CHECK(told([&] { (void)request.query<int>("bad", 1); }).starts_with("400 The query parameter \"bad\" is \"seven\""));
  CHECK(told([&] { (void)request.query<std::optional<int>>("bad"); }).starts_with("400 "));
}

TEST_CASE("what a peer has sent is shown cut, without control characters, direction overrides and bytes that are no UTF-8") {
  CHECK(http::quoted("J\xC3\xBCrgen") == "\"J\xC3\xBCrgen\"");
  CHECK(http::quoted("a\r\nb\x7F\xC2\x9B\xFF\xE2\x80\xAE") == "\"a??b????\"");
  CHECK(http::quoted(std::string(40, 'x')) == '"' + std::string(40, 'x') + '"');
  CHECK(http::quoted(std::string(5000, 'x')) == '"' + std::string(40, 'x') + "...\"");
}

}  // namespace ropeway
