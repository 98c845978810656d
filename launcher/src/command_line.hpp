#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ropeway::launcher {

/// A command line as it is declared, for what is made from it: completions of shells, and the manual page.
struct CommandLine {
  struct Option {
    char letter = 0;    // of "-p"; 0: none
    std::string name;   // of "--port"; "" for an argument that has its place
    std::string value;  // what it takes ("PORT"); "" for a flag
    std::string text;
    std::string by_default;  // "" where there is none
    bool required = false;
    /// Whether a file or folder is meant.
    [[nodiscard]] bool takes_file() const noexcept { return value == "FILE" || value == "PATH"; }
    [[nodiscard]] bool takes_folder() const noexcept { return value == "DIR"; }
  };
  struct Command {
    std::string name;
    std::string text;
    std::vector<Option> options;
  };
  std::string program;
  std::string text;
  std::vector<Option> options;
  std::vector<Command> commands;
};

/// A script that teaches `shell` ("bash", "zsh" or "fish") the commands and options.
[[nodiscard]] std::string completion_script(const CommandLine& line, std::string_view shell);

/// The manual page, section 1, in the macros of man(7).
[[nodiscard]] std::string manual_page(const CommandLine& line, std::string_view version);

}  // namespace ropeway::launcher
