#include "launcher/src/command_line.hpp"

namespace ropeway::launcher {
namespace {

using Option = CommandLine::Option;

// Text of a line: no request may begin in it, and a hyphen is to be copied as one.
std::string plain(std::string_view text) {
  std::string result;
  for (const char byte : text) {
    if (byte == '\\') {
      result += "\\e";
    } else if (byte == '-') {
      result += "\\-";
    } else {
      result += byte;
    }
  }
  if (result.starts_with('.') || result.starts_with('\'')) result.insert(0, "\\&");
  return result;
}

std::string sentence(const std::string& text) { return plain(text) + (text.empty() || text.ends_with('.') ? "" : "."); }

std::string entry(const Option& option) {
  std::string head;
  if (option.letter != 0) head += std::string("\\fB\\-") + option.letter + "\\fR, ";
  if (!option.name.empty()) head += "\\fB\\-\\-" + plain(option.name) + "\\fR";
  if (!option.value.empty()) head += (option.name.empty() ? "\\fI" : " \\fI") + plain(option.value) + "\\fR";
  const std::string by_default = option.by_default.empty() ? "" : " (default: " + option.by_default + ")";
  return ".TP\n" + head + "\n" + sentence(option.text + by_default) + "\n";
}

}  // namespace

std::string manual_page(const CommandLine& line, std::string_view version) {
  std::string page = ".TH " + line.program + " 1 \"\" \"ropeway " + plain(version) + "\" \"User Commands\"\n";
  page += ".SH NAME\n" + plain(line.program) + " \\- " + plain(line.text) + "\n.SH SYNOPSIS\n";
  for (const auto& command : line.commands) {
    page += ".B " + plain(line.program) + " " + plain(command.name) + "\n";
    for (const Option& option : command.options) {
      if (!option.name.empty()) continue;
      const std::string name = option.value.empty() ? "ARGUMENT" : option.value;
      page += option.required ? ".I " + plain(name) + "\n" : "[\\fI" + plain(name) + "\\fR]\n";
    }
    page += "[\\fIoptions\\fR]\n.br\n";
  }
  page += ".SH OPTIONS\n";
  for (const Option& option : line.options) page += entry(option);
  page += ".SH COMMANDS\n";
  for (const auto& command : line.commands) {
    page += ".SS " + plain(command.name) + "\n" + sentence(command.text) + "\n";
    for (const Option& option : command.options) {
      if (option.name != "help") page += entry(option);
    }
  }
  page +=
      ".SH ENVIRONMENT\nEach setting of the configuration that holds one value can be overridden: \\fBROPEWAY_LIMITS_BODY_BYTES\\fR for "
      "\\fIlimits.body_bytes\\fR.\n";
  page += ".SH EXIT STATUS\n0 after success, 2 after a mistake in the command line or the configuration, 1 otherwise.\n";
  page +=
      ".SH SIGNALS\nSIGTERM ends the server when its requests are answered, SIGINT at once. SIGHUP reloads the configuration, SIGUSR1 "
      "opens the logs again, "
      "SIGUSR2 executes the program anew.\n";
  return page;
}

}  // namespace ropeway::launcher
