#include <ropeway/request_id.hpp>

#include <doctest/doctest.h>

namespace ropeway {

TEST_CASE("the text of a request id has thirteen characters, of which each stands for five bits") {
  CHECK(to_string(RequestId::none).empty());
  CHECK(to_string(static_cast<RequestId>(1)) == "0000000000001");
  CHECK(to_string(static_cast<RequestId>(31)) == "000000000000z");
  CHECK(to_string(static_cast<RequestId>(32)) == "0000000000010");
  CHECK(to_string(static_cast<RequestId>(UINT64_MAX)) == "fzzzzzzzzzzzz");
}

}  // namespace ropeway
