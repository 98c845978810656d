#include "launcher/src/inheritance.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

namespace inheritance_test {
namespace {

using namespace ropeway::launcher;
using ropeway::config::ListenAddress;

Inheritance sample() {
  Inheritance all;
  all.launcher = 4711;
  all.generation = 7;
  all.processes = 5;
  all.listeners = {{{ListenAddress::Family::ipv6, "::1", 0, "", "", true}, 8000, {10, 11}},
                   {{ListenAddress::Family::unix_socket, "/run/a \"b\".sock", 0, "", ""}, 0, {12}}};
  all.activated = {{17, "web:\"1\""}, {18, "unknown"}};
  all.give = 13;
  all.take = 14;
  all.control = 15;
  all.control_path = "/run/x.control";
  all.control_device = 0xFFFF'FFFF'FFFF;
  all.control_inode = 42;
  all.pid_file = 19;
  all.pid_file_path = "/run/x.pid";
  all.news = 16;
  return all;
}

TEST_CASE("what is passed on arrives as it was") {
  const auto all = Inheritance::from_json(sample().to_json());
  REQUIRE(all.has_value());
  CHECK(all->launcher == 4711);
  CHECK(all->generation == 7);
  CHECK(all->processes == 5);
  REQUIRE(all->listeners.size() == 2);
  CHECK(all->listeners[0].address.family == ListenAddress::Family::ipv6);
  CHECK(all->listeners[0].address.host == "::1");
  CHECK(all->listeners[0].address.port == 0);
  CHECK(all->listeners[0].port == 8000);
  CHECK(all->listeners[0].descriptors == std::vector<int>{10, 11});
  CHECK(all->listeners[0].address.proxy_protocol);
  CHECK_FALSE(all->listeners[1].address.proxy_protocol);
  CHECK(all->listeners[1].address.host == "/run/a \"b\".sock");
  REQUIRE(all->activated.size() == 2);
  CHECK(all->activated[0].descriptor == 17);
  CHECK(all->activated[0].name == "web:\"1\"");
  CHECK(all->give == 13);
  CHECK(all->take == 14);
  CHECK(all->control == 15);
  CHECK(all->control_path == "/run/x.control");
  CHECK(all->control_device == 0xFFFF'FFFF'FFFF);
  CHECK(all->control_inode == 42);
  CHECK(all->pid_file == 19);
  CHECK(all->pid_file_path == "/run/x.pid");
  CHECK(all->news == 16);
  CHECK(all->descriptors() == std::vector<int>{10, 11, 12, 17, 18, 13, 14, 15, 19, 16});
}

TEST_CASE("what is no inheritance, or another version's, is none") {
  for (const char* text : {"", "{", "[]", "{}", R"({"version": 2})", R"({"version": 1})", R"({"version": "1"})"}) {
    CAPTURE(text);
    CHECK_FALSE(Inheritance::from_json(text).has_value());
  }
  std::string without = sample().to_json();
  without.replace(without.find("[12]"), 4, "[]");
  CHECK_FALSE(Inheritance::from_json(without).has_value());
}

TEST_CASE("descriptors stay open for the heir, which takes them up once") {
  Inheritance all;
  Pipe pipe = make_pipe();
  all.give = pipe.write.get();
  all.take = pipe.read.get();
  REQUIRE(all.pass_on());
  CHECK((::fcntl(all.take, F_GETFD) & FD_CLOEXEC) == 0);
  const auto taken = Inheritance::take_up();
  REQUIRE(taken.has_value());
  CHECK(taken->take == all.take);
  CHECK((::fcntl(all.take, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK_FALSE(Inheritance::take_up().has_value());
  ::setenv("ROPEWAY_INHERIT", "999999", 1);
  CHECK_FALSE(Inheritance::take_up().has_value());
  CHECK(std::getenv("ROPEWAY_INHERIT") == nullptr);
}

}  // namespace

}  // namespace inheritance_test
