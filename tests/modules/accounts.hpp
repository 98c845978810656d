#pragma once

#include <string>
#include <string_view>

namespace accounts {

[[nodiscard]] std::string owner(std::string_view account);

}  // namespace accounts
