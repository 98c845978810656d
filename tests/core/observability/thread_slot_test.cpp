#include "core/src/observability/thread_slot.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace ropeway::observability;
using ropeway::Method;
using namespace std::chrono_literals;

TEST_CASE("a slot says what its thread works on, and since when") {
  ThreadSlot slot;
  CHECK(slot.since() == 0ms);
  slot.begin(Activity(3, Method::get, "/hello/world"), 1234ms);
  CHECK(slot.since() == 1234ms);
  CHECK(slot.activity().request() == "GET /hello/world");
  CHECK(slot.activity().route() == 3);
  slot.begin(Activity(7, Method::head, "/"), 1235ms);  // nothing of the longer one before is left
  CHECK(slot.activity().request() == "HEAD /");
  CHECK(slot.activity().route() == 7);
  slot.end();
  CHECK(slot.since() == 0ms);
}

TEST_CASE("a slot says whose request it is") {
  ThreadSlot slot;
  const RequestOrigin origin{static_cast<ropeway::RequestId>(0xFEDCBA9876543210U), {{0x1122334455667788U, 0x99AABBCCDDEEFF00U}, 65535}};
  slot.begin(Activity(UINT32_MAX - 1, Method::other, "/" + std::string(300, 'x'), origin), 1ms);
  const Activity found = slot.activity();
  CHECK(found.route() == UINT32_MAX - 1);
  CHECK(found.request() == "other /" + std::string(Activity::capacity - 1, 'x'));
  CHECK(found.origin().id == origin.id);
  CHECK(found.origin().peer == origin.peer);
  slot.begin(Activity(1, Method::other, ":7000"), 1ms);
  CHECK(slot.activity().request() == ":7000");  // a stream at that address
}

TEST_CASE("a path of any length is kept, up to what a slot has room for") {
  const std::string letters =
      "/abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-._~abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t size = 0; size <= letters.size(); ++size) {
    const std::string path = letters.substr(0, size);  // of its own, so that a sanitizer sees what is read beyond it
    ThreadSlot slot;
    slot.begin(Activity(0, Method::get, path), 1ms);
    CHECK(slot.activity().request() == "GET " + path.substr(0, Activity::capacity));
  }
}

TEST_CASE("bytes above 0x7F stay what they are, and an uncommon method is called other") {
  const Activity activity(1, Method::other, "/\xC3\xBC\xFF");
  CHECK(activity.request() == "other /\xC3\xBC\xFF");
}

}  // namespace
