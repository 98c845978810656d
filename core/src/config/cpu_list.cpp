#include "core/src/config/cpu_list.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/src/config/printable.hpp"

namespace ropeway::config {
namespace {

constexpr unsigned highest_cpu = 65'535;

std::optional<unsigned> number_in(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = !text.empty() && error == std::errc() && end == text.data() + text.size() && number <= highest_cpu;
  return good ? std::optional(number) : std::nullopt;
}

}  // namespace

std::variant<CpuList, std::string> parse_cpu_list(std::string_view text) {
  CpuList cpus;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const std::size_t dash = part.find('-');
    const auto first = number_in(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number_in(part.substr(dash + 1));
    if (!first || !last) return "found " + in_quotes(text) + ", expected numbers of CPUs, such as \"0\", \"0-3\" or \"0,2-5\"";
    if (*last < *first) return "found " + in_quotes(text) + ", where " + in_quotes(part) + " goes backwards";
    for (unsigned cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
    if (cpus.size() > 2 * std::size_t{highest_cpu}) return "found " + in_quotes(text) + ", which names CPUs again and again";
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  std::ranges::sort(cpus);
  cpus.erase(std::ranges::unique(cpus).begin(), cpus.end());
  return cpus;
}

std::string text_of(const CpuList& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t end = i + 1;
    while (end < cpus.size() && cpus[end] == cpus[end - 1] + 1) ++end;
    text += (text.empty() ? "" : ",") + std::to_string(cpus[i]);
    if (end - i > 1) text += "-" + std::to_string(cpus[end - 1]);
    i = end;
  }
  return text;
}

}  // namespace ropeway::config
