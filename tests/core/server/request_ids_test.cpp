#include "core/src/server/request_ids.hpp"

#include <doctest/doctest.h>

#include <set>
#include <thread>
#include <vector>

namespace ropeway::server {

TEST_CASE("no request id comes twice, in whatever thread") {
  std::vector<std::vector<RequestId>> found(4);
  std::vector<std::thread> threads;
  for (auto& ids : found) {
    threads.emplace_back([&ids] {
      for (int i = 0; i < 1000; ++i) ids.push_back(next_request_id());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<RequestId> all;
  for (const auto& ids : found) all.insert(ids.begin(), ids.end());
  CHECK(all.size() == 4000);
  CHECK(all.count(RequestId::none) == 0);
}

}  // namespace ropeway::server
