#include "launcher/src/source_lines.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string_view>

#include <ropeway/text_value.hpp>

#include "launcher/src/descriptor.hpp"
#include "launcher/src/symbols.hpp"

namespace ropeway::launcher {
namespace {

// Of the call before it: the return address may already be another line's.
std::optional<FilePlace> place_of_call(void* frame) { return file_place(reinterpret_cast<std::uintptr_t>(frame) - 1); }

bool is_systems(const std::string& file) { return file.starts_with("/usr/lib") || file.starts_with("/lib"); }

// What the program prints; empty where it cannot be run.
std::string output_of(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  Pipe pipe = make_pipe();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, pipe.write.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int error = ::posix_spawnp(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  pipe.write.close();
  if (error != 0) return {};
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t size = ::read(pipe.read.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    text.append(buffer, static_cast<std::size_t>(size));
  }
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {}
  return text;
}

std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// "/path/file.cpp:12 (discriminator 3)", or "??:?"
SourceLine parsed(std::string_view function, std::string_view place) {
  SourceLine result{std::string(function), {}, 0};
  place = place.substr(0, place.find(" ("));
  const std::size_t colon = place.rfind(':');
  if (colon == std::string_view::npos) return result;
  const auto line = unsigned_from(place.substr(colon + 1));
  if (!line || *line == 0) return result;
  result.file = place.substr(0, colon);
  result.line = static_cast<unsigned>(*line);
  return result;
}

// For each offset, the calls that are there: one, and those into which it was inlined. An address begins each ("0x12ab").
std::map<std::uint64_t, std::vector<SourceLine>> ask_debug_information(const std::string& file, const std::vector<std::uint64_t>& offsets) {
  std::vector<std::string> words{"addr2line", "-a", "-f", "-C", "-i", "-e", file};
  for (const std::uint64_t offset : offsets) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(offset));
    words.emplace_back(text);
  }
  const std::string output = output_of(std::move(words));
  std::string_view rest = output;
  std::map<std::uint64_t, std::vector<SourceLine>> result;
  std::vector<SourceLine>* current = nullptr;
  for (std::size_t asked = 0; !rest.empty();) {
    const std::string_view line = next_line(rest);
    if (line.starts_with("0x") && asked < offsets.size()) {
      current = &result[offsets[asked++]];
    } else if (current != nullptr) {
      current->push_back(parsed(line, next_line(rest)));
    }
  }
  return result;
}

}  // namespace

std::vector<SourceLine> source_lines(std::span<void* const> frames) {
  std::map<std::string, std::vector<std::uint64_t>> asked;
  for (void* frame : frames) {
    const auto place = place_of_call(frame);
    if (place && !is_systems(place->file)) asked[place->readable].push_back(place->offset);
  }
  std::map<std::string, std::map<std::uint64_t, std::vector<SourceLine>>> known;
  for (const auto& [file, offsets] : asked) known[file] = ask_debug_information(file, offsets);
  std::vector<SourceLine> result;
  for (void* frame : frames) {
    const auto place = place_of_call(frame);
    const std::vector<SourceLine>* calls = place ? &known[place->readable][place->offset] : nullptr;
    const bool is_told = calls != nullptr && !calls->empty() && calls->front().function != "??";
    if (is_told) {
      result.insert(result.end(), calls->begin(), calls->end());
    } else {
      result.push_back({describe_address(reinterpret_cast<std::uintptr_t>(frame)), {}, 0});
    }
  }
  return result;
}

}  // namespace ropeway::launcher
