#include "launcher/src/control_client.hpp"

#include <cstdio>
#include <stdexcept>
#include <string>

#include <ropeway/json_document.hpp>

#include "core/src/config/printable.hpp"
#include "launcher/src/control_connection.hpp"
#include "launcher/src/drill.hpp"
#include "launcher/src/exit_code.hpp"
#include "launcher/src/status.hpp"
#include "launcher/src/top.hpp"

namespace ropeway::launcher {
namespace {

using nlohmann::json;

json request_of(const Options& options) {
  switch (options.command) {
    case Options::Command::reload: return {{"command", "reload"}, {"wait", options.wait}};
    case Options::Command::upgrade: return {{"command", "upgrade"}, {"wait", options.wait}};
    case Options::Command::scale: return {{"command", "scale"}, {"processes", options.processes}};
    case Options::Command::reopen: return {{"command", "reopen"}};
    case Options::Command::stop: return {{"command", "stop"}, {"fast", options.fast}};
    default: return {{"command", "status"}};
  }
}

std::string share_of(const json& tally) {
  return std::to_string(tally["server_errors"].get<std::uint64_t>()) + " errors in " +
         std::to_string(tally["requests"].get<std::uint64_t>()) + " answers";
}

int tell_verdict(const json& verdict, bool as_json) {
  const std::string state = verdict["state"].get<std::string>();
  const std::string reason = verdict["reason"].get<std::string>();
  if (as_json) {
    std::printf("%s\n", verdict.dump(2).c_str());
  } else if (state == "done") {
    std::printf("reloaded: generation %u\n", verdict["generation"].get<unsigned>());
  } else {
    std::fputs(verdict["report"].get<std::string>().c_str(), stderr);
    std::fprintf(stderr, "%s: %s; the old configuration serves on\n", state.c_str(), config::printable(reason).c_str());
    if (verdict.contains("canary") && verdict["canary"]["requests"].get<std::uint64_t>() > 0) {
      std::fprintf(stderr, "the new worker had %s, the others %s\n", share_of(verdict["canary"]).c_str(),
                   share_of(verdict["others"]).c_str());
    }
  }
  if (state == "done") return exit_code::success;
  return state == "refused" ? exit_code::usage : exit_code::failure;
}

int tell_upgrade(const json& verdict, bool as_json) {
  const bool done = verdict["state"] == "done";
  if (as_json) {
    std::printf("%s\n", verdict.dump(2).c_str());
  } else if (done) {
    std::printf("upgraded: pid %d\n", verdict["pid"].get<int>());
  } else {
    std::fprintf(stderr, "failed: %s; the old program serves on\n", config::printable(verdict["reason"].get<std::string>()).c_str());
  }
  return done ? exit_code::success : exit_code::failure;
}

int converse(const Options& options, ControlConnection& connection) {
  const json answer = connection.ask(request_of(options));
  if (answer.contains("reload")) return tell_verdict(answer["reload"], options.json);
  if (answer.contains("upgrade")) return tell_upgrade(answer["upgrade"], options.json);
  if (!answer["ok"].get<bool>()) throw std::runtime_error(answer["error"].get<std::string>());
  if (options.command == Options::Command::status) {
    std::fputs(options.json ? (answer["status"].dump(2) + "\n").c_str() : status_text(answer["status"]).c_str(), stdout);
  }
  if (options.command == Options::Command::stop && options.wait) connection.wait_for_end();
  return exit_code::success;
}

}  // namespace

json ask_server(const Options& options, const json& request) {
  ControlConnection connection(options);
  json answer = connection.ask(request);
  if (!answer["ok"].get<bool>()) throw std::runtime_error(answer["error"].get<std::string>());
  return answer;
}

int control_server(const Options& options) {
  try {
    if (options.command == Options::Options::Command::drill) return drill(options);
    if (options.command == Options::Options::Command::top) return watch_top(options);
    ControlConnection connection(options);
    return converse(options, connection);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ropeway: %s\n", config::printable(error.what()).c_str());
    return exit_code::failure;
  }
}

}  // namespace ropeway::launcher
