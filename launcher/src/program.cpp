#include "launcher/src/program.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/src/config/loader.hpp"
#include "launcher/src/application.hpp"
#include "launcher/src/check.hpp"
#include "launcher/src/comparison.hpp"
#include "launcher/src/control_client.hpp"
#include "launcher/src/descriptor.hpp"
#include "launcher/src/dev.hpp"
#include "launcher/src/exit_code.hpp"
#include "launcher/src/explanation.hpp"
#include "launcher/src/new_project.hpp"
#include "launcher/src/options.hpp"
#include "launcher/src/serve.hpp"
#include "launcher/src/service.hpp"

namespace ropeway::launcher {
namespace {

int run(const Options& options, const Register& register_handlers) {
  auto source = read_source(options.config);
  if (!source) return exit_code::usage;
  Service service;
  service.source = std::move(*source);
  service.is_file = true;
  service.arguments = options.arguments;
  service.register_handlers = &register_handlers;
  service.ready_descriptor = options.ready_descriptor;
  return run_service(service);
}

int check(const Options& options, const Register& register_handlers) {
  const auto source = read_source(options.config);
  if (!source) return exit_code::usage;
  const Checked checked = check_in_child(*source, register_handlers);
  if (checked.plan) std::printf("%s: ok\n", options.config.c_str());
  return checked.exit_code;
}

int schema(const Options& options, const Register& register_handlers) {
  const auto print = [&](const Application& application) {
    std::fputs((options.markdown ? config::reference_page(application.catalogue()) : config::schema(application.catalogue())).c_str(),
               stdout);
    return exit_code::success;
  };
  if (options.modules_of.empty()) return print(Application(register_handlers));
  const auto source = read_source(options.modules_of);
  if (!source) return exit_code::usage;
  const Application application(register_handlers, *source);
  const config::Loaded outline = load_outline(*source);
  std::vector<config::Diagnostic> diagnostics = outline.diagnostics;
  diagnostics.insert(diagnostics.end(), application.mistakes().begin(), application.mistakes().end());
  if (diagnostics.empty()) return print(application);
  std::fputs(config::report(std::move(diagnostics), outline.untold).c_str(), stderr);
  return exit_code::usage;
}

int obey(const Options& options, const Register& register_handlers) {
  switch (options.command) {
    case Options::Command::run: return run(options, register_handlers);
    case Options::Command::check: return check(options, register_handlers);
    case Options::Command::plan: return compare_configurations(options, register_handlers);
    case Options::Command::explain: return explain_setting(options, register_handlers);
    case Options::Command::routes: return list_routes(options, register_handlers);
    case Options::Command::schema: return schema(options, register_handlers);
    case Options::Command::status:
    case Options::Command::reload:
    case Options::Command::upgrade:
    case Options::Command::scale:
    case Options::Command::drill:
    case Options::Command::top:
    case Options::Command::reopen:
    case Options::Command::stop: return control_server(options);
    case Options::Command::new_project: return make_project(options.project);
    case Options::Command::eject: return eject_folder(options);
    case Options::Command::dev: return develop(options.dev);
    case Options::Command::serve: return serve_folder(options, register_handlers);
  }
  return exit_code::usage;
}

}  // namespace

int run_program(int argc, const char* const argv[], const Register& register_handlers, bool serves) {
  fill_standard_descriptors();
  const Parsed parsed = parse_options(argc, argv, serves);
  if (!parsed.options) {
    std::fputs(parsed.text.c_str(), parsed.exit_code == exit_code::success ? stdout : stderr);
    return parsed.exit_code;
  }
  try {
    const int code = obey(*parsed.options, register_handlers);
    using Command = Options::Command;
    const Command command = parsed.options->command;
    const bool prints = command == Command::schema || command == Command::check || command == Command::plan ||
                        command == Command::explain || command == Command::routes || command == Command::status;
    if (!prints || (std::fflush(stdout) == 0 && std::ferror(stdout) == 0)) return code;
    std::fprintf(stderr, "%s: standard output cannot be written: %s\n", argv[0], std::strerror(errno));
    return exit_code::failure;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return exit_code::failure;
  }
}

}  // namespace ropeway::launcher
