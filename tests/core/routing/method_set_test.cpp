#include "core/src/routing/method_set.hpp"

#include <doctest/doctest.h>

#include <bit>

using ropeway::Method;
using ropeway::routing::MethodSet;
using ropeway::routing::MethodTable;

TEST_CASE("GET answers HEAD too, and no method answers all but CONNECT and TRACE") {
  MethodTable table;
  const MethodSet get = table.add("GET");
  const MethodSet every = table.add("");
  const MethodSet mkcol = table.add("MKCOL");
  CHECK((get & table.bit(Method::get, "GET")) != 0);
  CHECK((get & table.bit(Method::head, "HEAD")) != 0);
  CHECK((get & table.bit(Method::post, "POST")) == 0);
  CHECK((table.add("HEAD") & table.bit(Method::get, "GET")) == 0);
  CHECK((every & table.bit(Method::patch, "PATCH")) != 0);
  CHECK((every & table.bit(Method::other, "NOBODY")) != 0);
  CHECK((every & table.bit(Method::connect, "CONNECT")) == 0);
  CHECK((every & table.bit(Method::trace, "TRACE")) == 0);
  CHECK(mkcol == table.bit(Method::other, "MKCOL"));
  CHECK((mkcol & table.bit(Method::other, "NOBODY")) == 0);
  CHECK((mkcol & every) == mkcol);
  CHECK(table.add("MKCOL") == mkcol);
}

TEST_CASE("Allow lists the methods and always OPTIONS") {
  MethodTable table;
  const MethodSet get = table.add("GET");
  const MethodSet post = table.add("POST");
  const MethodSet mkcol = table.add("MKCOL");
  CHECK(table.allow(0) == "OPTIONS");
  CHECK(table.allow(get) == "GET, HEAD, OPTIONS");
  CHECK(table.allow(get | post | mkcol) == "GET, HEAD, POST, OPTIONS, MKCOL");
  CHECK(table.allow(table.add("OPTIONS")) == "OPTIONS");
}

TEST_CASE("there is room for 54 methods that are not registered") {
  MethodTable table;
  MethodSet all = 0;
  for (int i = 0; i < 54; ++i) all |= table.add("M" + std::to_string(i));
  CHECK(std::popcount(all) == 54);
  CHECK(table.add("ONEMORE") == 0);
  CHECK(table.add("M0") != 0);
}
