#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <ropeway/logger.hpp>

namespace ropeway::handlers {

/// What a script writes to its standard error: logged line by line, at most `most_lines` for each request, and `most_bytes` of each line.
class ScriptMessages {
 public:
  static constexpr std::size_t most_lines = 100;
  static constexpr std::size_t most_bytes = 1024;

  /// `log` outlives this. The texts are those of each line; an empty `request` is left out.
  ScriptMessages(Logger& log, std::string route, std::string script, std::string request)
      : log_(log), route_(std::move(route)), script_(std::move(script)), request_(std::move(request)) {}
  ~ScriptMessages() { finish(); }
  ScriptMessages(const ScriptMessages&) = delete;
  ScriptMessages& operator=(const ScriptMessages&) = delete;

  void add(std::string_view bytes);
  /// There is no more: an unfinished line is one, too, and lines that were left out are counted. At the latest when this object ends.
  void finish() noexcept;

 private:
  void end_line() noexcept;

  Logger& log_;
  std::string route_;
  std::string script_;
  std::string request_;
  std::string line_;  // unfinished
  std::size_t lines_ = 0;
};

}  // namespace ropeway::handlers
