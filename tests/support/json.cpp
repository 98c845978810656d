#include "tests/support/json.hpp"

namespace ropeway::testing {

nlohmann::json parsed_json(std::string_view text) { return nlohmann::json::parse(text); }

}  // namespace ropeway::testing
