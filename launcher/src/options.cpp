#include "launcher/src/options.hpp"

#include <arpa/inet.h>
#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <sstream>

#include <ropeway/version.hpp>

#include "core/src/config/printable.hpp"
#include "core/src/config/spelling.hpp"
#include "launcher/src/command_line.hpp"
#include "launcher/src/exit_code.hpp"

namespace ropeway::launcher {
namespace {

// The form that a listen address has in a configuration, without brackets; "" where the text is no numeric address.
std::string numeric_address(std::string text) {
  if (text == "localhost") return "127.0.0.1";
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  unsigned char address[sizeof(in6_addr)];
  const bool valid = ::inet_pton(AF_INET, text.c_str(), address) == 1 || ::inet_pton(AF_INET6, text.c_str(), address) == 1;
  return valid ? text : std::string();
}

CLI::Validator address_validator() {
  return {[](std::string& text) -> std::string {
            const std::string address = numeric_address(text);
            if (address.empty()) return "\"" + text + "\" is no numeric address; 127.0.0.1 is for this machine alone, 0.0.0.0 for everyone";
            text = address;
            return {};
          },
          "ADDRESS", "address"};
}

CLI::Validator open_descriptor() {
  return {[](std::string& text) -> std::string {
            int number = -1;
            const bool open = CLI::detail::lexical_cast(text, number) && number >= 0 && ::fcntl(number, F_GETFD) >= 0;
            return open ? std::string() : "descriptor " + text + " is not open";
          },
          "DESCRIPTOR", "descriptor"};
}

void add_ready_descriptor(CLI::App& app, Options& options) {
  app.add_option("--ready-fd", options.ready_descriptor, "When ready, write a line for each address to this descriptor and close it")
      ->check(open_descriptor());
}

void add_config(CLI::App& app, Options& options) {
  app.add_option("-c,--config", options.config, "The configuration")->capture_default_str()->type_name("FILE");
}

void add_serve_options(CLI::App* command, ServeOptions& serve) {
  command->add_option("folder", serve.folder, "What to serve")->capture_default_str()->type_name("DIR");
  command->add_option("-p,--port", serve.port, "Where to listen; 0 takes a free port")
      ->check(CLI::Range(0, 65535).description(""))
      ->capture_default_str()
      ->type_name("PORT");
  command->add_option("-b,--bind", serve.bind, "Listen on this address alone (again for more); 127.0.0.1 keeps others out")
      ->transform(address_validator())
      ->take_all()
      ->allow_extra_args(false)
      ->type_name("ADDR");
  command->add_option("--processes", serve.processes, "Worker processes; 0 runs without a supervisor (default: one for each CPU)")
      ->check(CLI::Range(0U, 1024U).description(""))
      ->type_name("N");
  command->add_option("--threads", serve.threads, "Threads in each process (default: 2)")
      ->check(CLI::Range(1U, 1024U).description(""))
      ->type_name("M");
  command->add_flag("--no-listing{false}", serve.listing, "Show no listing of a folder that has no index.html");
  command->add_option("--log-access", serve.access_log, "Write the access log to this file; - is the terminal")->type_name("FILE");
  command->add_flag("-q,--quiet", serve.quiet, "No banner, and no access log on the terminal");
}

void add_serve(CLI::App& app, Options& options) {
  CLI::App* command = app.add_subcommand("serve", "Serve a folder: everyone who reaches this machine can read it");
  add_serve_options(command, options.serve);
  add_ready_descriptor(*command, options);
  command->callback([&options] { options.command = Options::Command::serve; });
}

void add_dev(CLI::App& app, Options& options) {
  DevOptions& dev = options.dev;
  CLI::App* command = app.add_subcommand(
      "dev", "Work on a project or a folder: build it and start it again at each change, with live reload and error pages");
  command->add_option("folder", dev.folder, "A project with a CMakeLists.txt, a folder with a ropeway.json, or any other")
      ->capture_default_str()
      ->type_name("DIR");
  command->add_option("-c,--config", dev.config, "The configuration (default: ropeway.json of the folder)")->type_name("FILE");
  command->add_option("--build", dev.build, "Where CMake builds")->capture_default_str()->type_name("DIR");
  command->add_option("--target", dev.target, "CMake's name of the program (default: the only one that is no test)")->type_name("NAME");
  command->add_option("-p,--port", dev.port, "Where to listen, of a folder without a configuration (default: 8000)")
      ->check(CLI::Range(0, 65535).description(""))
      ->type_name("PORT");
  command->add_option("--ignore", dev.ignored, "A file or folder, by its name, whose changes mean nothing (again for more)")
      ->take_all()
      ->allow_extra_args(false)
      ->type_name("NAME");
  command->callback([&options] { options.command = Options::Command::dev; });
}

void add_eject(CLI::App& app, Options& options) {
  CLI::App* command = app.add_subcommand(
      "eject", "Make a project that does what serve does with the same options: a configuration, and a program to go on from");
  command->add_option("project", options.project, "Where; its last part is the project's name")->required()->type_name("PROJECT");
  add_serve_options(command, options.serve);
  command->callback([&options] { options.command = Options::Command::eject; });
}

void add_new(CLI::App& app, Options& options) {
  CLI::App* command = app.add_subcommand("new", "Make a project: a handler in C++, its configuration, a test, and how it is built");
  command->add_option("folder", options.project, "Where; its last part is the project's name")->required()->type_name("DIR");
  command->callback([&options] { options.command = Options::Command::new_project; });
}

void add_run(CLI::App& app, Options& options) {
  CLI::App* command = app.add_subcommand("run", "Serve what the configuration says");
  add_config(*command, options);
  add_ready_descriptor(*command, options);
  command->callback([&options] { options.command = Options::Command::run; });
}

void add_check(CLI::App& app, Options& options) {
  CLI::App* command = app.add_subcommand("check", "Try the configuration without opening anything; exit code 2 where it has mistakes");
  add_config(*command, options);
  command->callback([&options] { options.command = Options::Command::check; });
}

void add_plan(CLI::App& app, Options& options) {
  CLI::App* command = app.add_subcommand(
      "plan", "Tell what a configuration changes for a running server, and what that costs; exit code 3 where it needs a restart");
  command->add_option("new", options.new_config, "The new configuration (default: that of --config, as it is now)")->type_name("FILE");
  add_config(*command, options);
  command->add_option("--from", options.from, "Compare with this file, not with what runs")->type_name("FILE");
  command->add_option("--control", options.control, "The server's control socket (default: what the configuration says)")
      ->type_name("PATH");
  command->add_flag("--json", options.json, "Print JSON");
  command->callback([&options] { options.command = Options::Command::plan; });
}

void add_explain(CLI::App& app, Options& options) {
  CLI::App* explain = app.add_subcommand("explain", "Tell what a setting is, where that comes from, and what it means");
  explain->add_option("setting", options.setting, "For example limits.body_bytes, or /routes/0/options (default: all)")
      ->type_name("SETTING");
  explain->callback([&options] { options.command = Options::Command::explain; });
  CLI::App* routes =
      app.add_subcommand("routes", "List the routes, with their handlers and middlewares, and the addresses with a protocol of their own");
  routes->callback([&options] { options.command = Options::Command::routes; });
  for (CLI::App* command : {explain, routes}) {
    add_config(*command, options);
    command->add_flag("--json", options.json, "Print JSON");
  }
}

// What is printed from the command line itself, which is complete by then.
struct Pages {
  std::string shell;
  bool manual = false;
};

void add_pages(CLI::App& app, Pages& pages) {
  CLI::App* completion = app.add_subcommand("completion", "Print a script that teaches a shell these commands");
  completion->add_option("shell", pages.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""))
      ->type_name("SHELL");
  app.add_subcommand("manual", "Print the manual page, for man(1)")->callback([&pages] { pages.manual = true; });
}

std::vector<CommandLine::Option> declared_options(const CLI::App& app) {
  std::vector<CommandLine::Option> result;
  for (const CLI::Option* option : app.get_options()) {
    CommandLine::Option declared;
    if (!option->get_snames().empty()) declared.letter = option->get_snames().front().front();
    if (!option->get_lnames().empty()) declared.name = option->get_lnames().front();
    if (option->get_items_expected_max() > 0)
      declared.value = option->get_type_name().substr(0, option->get_type_name().find(':'));  // behind it, validators
    if (declared.value.empty() && declared.name.empty()) declared.value = option->get_name();
    declared.text = option->get_description();
    declared.by_default = option->get_default_str();
    declared.required = option->get_required();
    result.push_back(std::move(declared));
  }
  return result;
}

CommandLine declared(CLI::App& app) {
  CommandLine line{app.get_name(), app.get_description(), declared_options(app), {}};
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    line.commands.push_back({command->get_name(), command->get_description(), declared_options(*command)});
  }
  return line;
}

void add_schema(CLI::App& app, Options& options) {
  CLI::App* command = app.add_subcommand("schema", "Print the JSON Schema of the configuration, for editors");
  command->add_option("-c,--config", options.modules_of, "With what the modules of this configuration take, too")->type_name("FILE");
  command->add_flag("--markdown", options.markdown, "Print the reference page instead");
  command->callback([&options] { options.command = Options::Command::schema; });
}

// The commands for a server that runs.
void add_control(CLI::App& app, Options& options) {
  const auto add = [&](const char* name, Options::Command meaning, const char* text) {
    CLI::App* command = app.add_subcommand(name, text);
    add_config(*command, options);
    command->add_option("--control", options.control, "The server's control socket (default: what the configuration says)")
        ->type_name("PATH");
    command->callback([&options, meaning] { options.command = meaning; });
    return command;
  };
  CLI::App* status = add("status", Options::Command::status, "Tell what the workers of a running server do");
  status->add_flag("--json", options.json, "Print JSON");
  CLI::App* top = add("top", Options::Command::top, "Watch what a running server does: rates, durations, and every thread");
  top->add_option("--interval", options.interval, "Seconds between two pages")
      ->check(CLI::Range(0.1, 3600.0).description(""))
      ->capture_default_str()
      ->type_name("SECONDS");
  top->add_option("--count", options.count, "End after so many pages (default: at q, or Ctrl+C)")->type_name("N");
  CLI::App* drill = add("drill", Options::Command::drill, "Do harm to a worker of a running server, and tell what clients saw of it");
  drill
      ->add_option(
          "FAULT", options.fault,
          "kill: one worker dies each second; stall: one stands still; leak: one takes more and more memory; slow: one answers late")
      ->required()
      ->check(CLI::IsMember({"kill", "stall", "leak", "slow"}).description(""))
      ->type_name("");
  drill->add_option("--seconds", options.seconds, "How long")
      ->check(CLI::Range(1U, 3600U).description(""))
      ->capture_default_str()
      ->type_name("S");
  drill->add_option("--path", options.path, "What is asked for, with GET")->capture_default_str()->type_name("PATH");
  drill->add_option("--connections", options.connections, "Connections that stay")
      ->check(CLI::Range(0U, 10'000U).description(""))
      ->capture_default_str()
      ->type_name("N");
  drill->add_option("--rate", options.rate, "New connections a second, for one request each")
      ->check(CLI::Range(0U, 10'000U).description(""))
      ->capture_default_str()
      ->type_name("N");
  drill->add_option("--pause", options.pause_ms, "Milliseconds from an answer to the next request of a connection that stays")
      ->check(CLI::Range(0U, 60'000U).description(""))
      ->capture_default_str()
      ->type_name("MS");
  CLI::App* reload = add("reload", Options::Command::reload, "Have a running server read its configuration again");
  reload->add_flag("--wait", options.wait, "Wait for the end: exit code 1 where it was taken back, 2 where the configuration has mistakes");
  reload->add_flag("--json", options.json, "With --wait, print the verdict as JSON");
  CLI::App* upgrade = add("upgrade", Options::Command::upgrade, "Have a running server execute its program anew, and give way to it");
  upgrade->add_flag("--wait", options.wait, "Wait until the new one is ready: exit code 1 where it was not, and the old one serves on");
  upgrade->add_flag("--json", options.json, "With --wait, print the verdict as JSON");
  CLI::App* scale = add("scale", Options::Command::scale, "Have a running server use this many worker processes");
  scale->add_option("N", options.processes, "How many, from 1 to what the configuration allows")
      ->required()
      ->check(CLI::Range(1U, 1024U).description(""))
      ->type_name("");
  add("reopen", Options::Command::reopen, "Have a running server open its log files again");
  CLI::App* stop = add("stop", Options::Command::stop, "End a running server, when its requests are answered");
  stop->add_flag("--fast", options.fast, "At once");
  stop->add_flag("--wait", options.wait, "Wait until it has ended");
}

// The command line as it can be used again: no descriptor of this run means anything then.
std::vector<std::string> lasting_arguments(int argc, const char* const argv[]) {
  std::vector<std::string> result;
  for (int i = 0; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--ready-fd") {
      ++i;  // and its value
    } else if (!argument.starts_with("--ready-fd=")) {
      result.push_back(argument);
    }
  }
  return result;
}

// A sentence about a word where a command should stand.
std::string unknown_command(const std::string& word, const std::string& program, bool serves) {
  std::vector<std::string> commands{"run",   "check",  "plan",    "explain", "routes", "schema", "status",     "top",
                                    "drill", "reload", "upgrade", "scale",   "reopen", "stop",   "completion", "manual"};
  if (serves) commands.insert(commands.begin(), {"serve", "dev", "new", "eject"});
  std::string text = config::in_quotes(word) + " is no command" + config::did_you_mean(word, commands);
  std::error_code ignored;
  if (serves && std::filesystem::is_directory(word, ignored)) text += "; it is a folder: " + program + " serve " + config::printable(word);
  return text + (text.ends_with('?') ? " " : ". ");
}

}  // namespace

Parsed parse_options(int argc, const char* const argv[], bool serves) {
  const std::string name = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "ropeway";
  Options options;
  options.arguments = lasting_arguments(argc, argv);
  CLI::App app(serves ? "An HTTP server of processes and threads" : "A server built with Ropeway", name);
  app.set_version_flag("--version", serves ? "ropeway " ROPEWAY_VERSION : name + " (ropeway " ROPEWAY_VERSION ")");
  app.require_subcommand(0, 1);
  if (serves) {
    add_serve(app, options);
    add_dev(app, options);
    add_new(app, options);
    add_eject(app, options);
  }
  add_run(app, options);
  add_check(app, options);
  add_plan(app, options);
  add_explain(app, options);
  add_schema(app, options);
  add_control(app, options);
  Pages pages;
  add_pages(app, pages);
  if (!serves) {  // `run` is what happens without a command
    add_config(app, options);
    add_ready_descriptor(app, options);
  }
  try {
    app.parse(argc, argv);
    if (serves && app.get_subcommands().empty()) return {std::nullopt, "Which command?\n\n" + app.help(), exit_code::usage};
    if (!pages.shell.empty()) return {std::nullopt, completion_script(declared(app), pages.shell), exit_code::success};
    if (pages.manual) return {std::nullopt, manual_page(declared(app), ROPEWAY_VERSION), exit_code::success};
    return {options, {}, exit_code::success};
  } catch (const CLI::ExtrasError& error) {
    std::string text = error.what();
    if (app.get_subcommands().empty() && argc > 1)
      text = unknown_command(argv[1], name, serves) + "Run " + name + " --help for all of them.";
    return {std::nullopt, text + "\n", exit_code::usage};
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const bool asked_for = app.exit(error, out, err) == 0;
    return {std::nullopt, asked_for ? out.str() : err.str(), asked_for ? exit_code::success : exit_code::usage};
  }
}

}  // namespace ropeway::launcher
