#include "launcher/src/command_line.hpp"

namespace ropeway::launcher {
namespace {

using Option = CommandLine::Option;

// In single quotes, as all three shells take it.
std::string shell_quoted(std::string_view text) {
  std::string result = "'";
  for (const char byte : text) {
    if (byte == '\'') {
      result += "'\\''";
    } else {
      result += byte;
    }
  }
  return result + "'";
}

// The first sentence, or what stands before a colon: lists of choices are narrow.
std::string brief(const std::string& text) { return text.substr(0, text.find_first_of(":;")); }

std::string words_of(const std::vector<Option>& options) {
  std::string words;
  for (const Option& option : options) {
    if (!option.name.empty()) words.append(words.empty() ? "" : " ").append("--").append(option.name);
  }
  return words;
}

const Option* argument_of(const CommandLine::Command& command) {
  for (const Option& option : command.options) {
    if (option.name.empty()) return &option;
  }
  return nullptr;
}

// "--config|-c|--from": what is followed by a file, or by anything else that takes a value.
std::string flags_with(const CommandLine& line, bool (*holds)(const Option&)) {
  std::string flags;
  const auto add = [&](const std::vector<Option>& options) {
    for (const Option& option : options) {
      if (option.name.empty() || !holds(option)) continue;
      const std::string flag = "--" + option.name;
      if (("|" + flags + "|").find("|" + flag + "|") != std::string::npos) continue;
      flags.append(flags.empty() ? "" : "|").append(flag);
      if (option.letter != 0) flags.append("|-").append(1, option.letter);
    }
  };
  add(line.options);
  for (const CommandLine::Command& command : line.commands) add(command.options);
  return flags.empty() ? "--" : flags;
}

std::string for_bash(const CommandLine& line) {
  std::string names;
  for (const CommandLine::Command& command : line.commands) names.append(names.empty() ? "" : " ").append(command.name);
  std::string alternatives = names;
  for (char& byte : alternatives) byte = byte == ' ' ? '|' : byte;
  std::string script = "# " + line.program + ": completion for bash. Source it, or put it into /usr/share/bash-completion/completions.\n";
  script += "_" + line.program + "() {\n";
  script += "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= word words=\n";
  script += "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case $word in\n      " + alternatives +
            ") command=$word; break ;;\n    esac\n  done\n";
  script += "  case $previous in\n";
  script += "    " + flags_with(line, [](const Option& option) { return option.takes_file() || option.takes_folder(); }) +
            ") compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n";
  script += "    " +
            flags_with(line, [](const Option& option) { return !option.value.empty() && !option.takes_file() && !option.takes_folder(); }) +
            ") COMPREPLY=(); return ;;\n";
  script += "  esac\n  case $command in\n";
  script += "    '') words=" + shell_quoted(names + " " + words_of(line.options)) + " ;;\n";
  for (const CommandLine::Command& command : line.commands) {
    const Option* argument = argument_of(command);
    script += "    " + command.name + ")\n      words=" + shell_quoted(words_of(command.options)) + "\n";
    if (argument != nullptr && (argument->takes_file() || argument->takes_folder())) {
      script += "      if [[ $current != -* ]]; then compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -" +
                std::string(argument->takes_folder() ? "d" : "f") + " -- \"$current\")); return; fi\n";
    }
    script += "      ;;\n";
  }
  script += "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\n";
  return script + "complete -F _" + line.program + " " + line.program + "\n";
}

// A colon ends a part of what `_arguments` and `_describe` take, brackets enclose one.
std::string for_zsh_text(const std::string& text) {
  std::string result;
  for (const char byte : text) {
    if (byte == ':' || byte == '[' || byte == ']' || byte == '\\') result += '\\';
    result += byte;
  }
  return result;
}

std::string zsh_value(const Option& option) {
  if (option.value.empty() && !option.name.empty()) return {};
  const char* action = option.takes_folder() ? "_files -/" : option.takes_file() ? "_files" : " ";
  return ":" + for_zsh_text(option.value.empty() ? "value" : option.value) + ":" + action;
}

std::string for_zsh(const CommandLine& line) {
  std::string script = "#compdef " + line.program + "\n\n_" + line.program + "() {\n  local state line\n  local -a commands=(\n";
  for (const CommandLine::Command& command : line.commands) {
    script += "    " + shell_quoted(command.name + ":" + for_zsh_text(brief(command.text))) + "\n";
  }
  script +=
      "  )\n  _arguments -C '1:command:->command' '*::argument:->argument'\n  case $state in\n    command) _describe command commands ;;\n";
  script += "    argument)\n      case $words[1] in\n";
  for (const CommandLine::Command& command : line.commands) {
    script += "        " + command.name + ")\n          _arguments";
    for (const Option& option : command.options) {
      script += " \\\n            ";
      if (option.name.empty()) {
        script += shell_quoted("1" + zsh_value(option));
      } else {
        const std::string rest = "[" + for_zsh_text(brief(option.text)) + "]" + zsh_value(option);
        script += shell_quoted("--" + option.name + rest);
        if (option.letter != 0) script += " \\\n            " + shell_quoted(std::string("-") + option.letter + rest);
      }
    }
    script += "\n          ;;\n";
  }
  return script + "      esac ;;\n  esac\n}\n\ncompdef _" + line.program + " " + line.program + "\n";
}

std::string for_fish(const CommandLine& line) {
  const std::string begin = "complete -c " + line.program;
  std::string script = "# " + line.program + ": completion for fish. Put it into ~/.config/fish/completions.\n" + begin + " -f\n";
  for (const CommandLine::Command& command : line.commands) {
    script += begin + " -n __fish_use_subcommand -a " + command.name + " -d " + shell_quoted(brief(command.text)) + "\n";
    for (const Option& option : command.options) {
      std::string entry = begin + " -n '__fish_seen_subcommand_from " + command.name + "'";
      if (option.name.empty()) {
        if (!option.takes_file() && !option.takes_folder()) continue;
        script += entry + (option.takes_folder() ? " -a '(__fish_complete_directories)'" : " -F") + "\n";
        continue;
      }
      entry += " -l " + option.name;
      if (option.letter != 0) entry += std::string(" -s ") + option.letter;
      if (!option.value.empty()) entry += option.takes_file() || option.takes_folder() ? " -r -F" : " -x";
      script += entry + " -d " + shell_quoted(brief(option.text)) + "\n";
    }
  }
  return script;
}

}  // namespace

std::string completion_script(const CommandLine& line, std::string_view shell) {
  if (shell == "zsh") return for_zsh(line);
  if (shell == "fish") return for_fish(line);
  return for_bash(line);
}

}  // namespace ropeway::launcher
