#include <doctest/doctest.h>

#include <ropeway/method.hpp>

namespace ropeway {

TEST_CASE("every method is found by its name and named again") {
  for (const Method method : {Method::get, Method::head, Method::post, Method::put, Method::delete_, Method::connect, Method::options,
                              Method::trace, Method::patch}) {
    CAPTURE(to_string(method));
    CHECK(!to_string(method).empty());
    CHECK(method_from(to_string(method)) == method);
  }
  CHECK(to_string(Method::delete_) == "DELETE");
}

TEST_CASE("method names are case-sensitive and every other name is another method (RFC 9110 §9.1)") {
  for (const char* name : {"", "get", "Get", "GE", "GETS", "PROPFIND", "DELET3", "OPTION", "CONNECTS", "G T"}) {
    CAPTURE(name);
    CHECK(method_from(name) == Method::other);
  }
  CHECK(to_string(Method::other).empty());
}

}  // namespace ropeway
