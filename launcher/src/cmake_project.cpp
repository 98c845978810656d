#include "launcher/src/cmake_project.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include <ropeway/json_document.hpp>

#include "core/src/config/printable.hpp"

namespace ropeway::launcher {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const char* const api = ".cmake/api/v1";

json read(const fs::path& file) {
  std::ifstream stream(file);
  return json::parse(stream, nullptr, false);
}

// The latest index; its name sorts by time.
fs::path latest_index(const fs::path& replies) {
  fs::path latest;
  std::error_code ignored;
  for (fs::directory_iterator entry(replies, ignored), end; entry != end; entry.increment(ignored)) {
    const fs::path& file = entry->path();
    if (file.filename().string().starts_with("index-") && file > latest) latest = file;
  }
  return latest;
}

bool is_test(std::string_view target) {
  return std::ranges::any_of(std::initializer_list<std::string_view>{"test", "tests", "Test", "Tests"},
                             [&](std::string_view ending) { return target.ends_with(ending); });
}

}  // namespace

void ask_for_programs(const fs::path& build) {
  const fs::path query = build / api / "query" / "codemodel-v2";
  fs::create_directories(query.parent_path());
  if (!fs::exists(query)) std::ofstream(query).close();
}

std::vector<CMakeProgram> programs_of(const fs::path& build) {
  const fs::path replies = build / api / "reply";
  std::vector<CMakeProgram> programs;
  try {
    const json index = read(latest_index(replies));
    const json model = read(replies / index.at("reply").at("codemodel-v2").at("jsonFile").get<std::string>());
    for (const json& target : model.at("configurations").at(0).at("targets")) {
      const json told = read(replies / target.at("jsonFile").get<std::string>());
      if (told.at("type") != "EXECUTABLE") continue;
      programs.push_back({told.at("name").get<std::string>(), build / told.at("artifacts").at(0).at("path").get<std::string>()});
    }
  } catch (const json::exception&) { programs.clear(); }
  return programs;
}

CMakeProgram choose_program(const std::vector<CMakeProgram>& programs, const std::string& target) {
  std::string names;
  for (const CMakeProgram& program : programs) names += (names.empty() ? "" : ", ") + config::in_quotes(program.target);
  const std::string what_there_is = names.empty() ? "the project makes no program" : "there are " + names;
  if (!target.empty()) {
    const auto named = std::ranges::find(programs, target, &CMakeProgram::target);
    if (named == programs.end()) throw std::runtime_error("no program is called " + config::in_quotes(target) + ": " + what_there_is);
    return *named;
  }
  std::vector<CMakeProgram> others;
  std::ranges::copy_if(programs, std::back_inserter(others), [](const CMakeProgram& program) { return !is_test(program.target); });
  if (others.size() != 1) throw std::runtime_error("which program? Say it with --target: " + what_there_is);
  return others.front();
}

}  // namespace ropeway::launcher
