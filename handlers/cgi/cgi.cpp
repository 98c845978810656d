#include "handlers/cgi/cgi.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include <ropeway/http_error.hpp>

#include "handlers/answer_parser.hpp"

namespace ropeway::handlers {
namespace {

constexpr const char* usual_path = "/usr/local/bin:/usr/bin:/bin";

CommonVariables common_variables(const ConfigNode& options, const std::string& folder) {
  CommonVariables common;
  common.root = folder;
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody changes it
  common.path = path == nullptr ? usual_path : path;
  common.server_name = name_of_this_host();
  common.authorization = options.boolean("authorization");
  common.environment = variables_from(options.object("environment"));
  return common;
}

}  // namespace

Settings Cgi::settings() {
  return {
      Setting::path("root", "The folder that holds the scripts. Either this or `program`.").at_least(1),
      Setting::path("program", "A single script or program, for every path of the route.").at_least(1),
      Setting::string("prefix", "What to remove from the front of the path, in a route without `{path...}`.").by_default("\"\""),
      Setting::map("interpreters",
                   "Programs that read scripts, by the scripts' extension: `{\".php\": \"/usr/bin/php-cgi\"}`. Such scripts need not be "
                   "executable. All others are executed themselves (`#!`).",
                   Setting::path("", "The program."))
          .by_default("{}"),
      Setting::map("environment", "Variables that scripts get besides those of the standard; PATH is the server's own.",
                   Setting::string("", "The value."))
          .by_default("{}"),
      Setting::boolean("authorization", "Let scripts see the client's credentials (`HTTP_AUTHORIZATION`).").by_default("false"),
      ChildLimits::setting(),
  };
}

Cgi::Cgi(const ConfigNode& options, Services& services)
    : services_(services),
      scripts_(options),
      common_(common_variables(options, scripts_.folder())),
      pool_(services.child_processes().for_programs("cgi", ChildLimits::from(options))) {}

Program Cgi::program_for(const Request& request, const Script& script) const {
  Program program;
  program.file = script.interpreter.empty() ? script.file : script.interpreter;
  program.arguments.push_back(program.file);
  if (!script.interpreter.empty()) program.arguments.push_back(script.file);
  for (const auto& [name, value] : meta_variables(request, script, common_, length_of_read_content(request))) {
    program.environment.emplace_back(name).append("=").append(value);
  }
  program.folder = std::filesystem::path(script.file).parent_path().string();
  return program;
}

awaitable<Response> Cgi::handle(Request& request) const {
  using State = AnswerParser::State;
  const Script script = scripts_.find(request);
  (void)co_await request.read_body();
  Program program = program_for(request, script);
  std::shared_ptr<ChildProcess> child = co_await pool_->start(request, std::move(program), request.body());
  if (child == nullptr) co_return ChildPool::busy();
  AnswerParser answer;
  for (State state = State::incomplete; state != State::complete;) {
    const std::string_view piece = co_await child->read(&request);
    if (piece.empty()) throw HttpError(Status::bad_gateway, "the script gave no answer: " + child->end());
    state = answer.add(piece);
    if (state == State::malformed) {
      throw HttpError(Status::bad_gateway, script.file + ": what the script wrote is no answer: " + std::string(answer.mistake()));
    }
  }
  if (!answer.local().empty()) {
    for (bool goes_on = true; goes_on;) {  // it may have something left to do
      const std::string_view dropped = co_await child->read(&request);
      goes_on = !dropped.empty();
    }
    child.reset();
    co_return co_await services_.get(request, answer.local());
  }
  co_return co_await with_rest_of(std::move(child), answer.take_response(), answer.take_rest(), request);
}

}  // namespace ropeway::handlers
