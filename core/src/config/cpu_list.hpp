#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ropeway::config {

/// CPUs by number, in order, each once.
using CpuList = std::vector<unsigned>;

/// "0", "0-3", "0,2-5", as the kernel writes them; or the words that say what is wrong with the text.
[[nodiscard]] std::variant<CpuList, std::string> parse_cpu_list(std::string_view text);
/// The same backwards: "0-3,8".
[[nodiscard]] std::string text_of(const CpuList& cpus);

}  // namespace ropeway::config
