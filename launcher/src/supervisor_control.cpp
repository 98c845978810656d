// The supervisor's part that talks over the control socket.

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <ropeway/json_document.hpp>

#include "launcher/src/control_path.hpp"
#include "launcher/src/status.hpp"
#include "launcher/src/supervisor.hpp"

namespace ropeway::launcher {

namespace {

// Those of this process that override settings, or might.
std::map<std::string, std::string> overriding_variables() {
  std::map<std::string, std::string> result;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view text = *each;
    const std::size_t end = text.find('=');
    if (text.starts_with("ROPEWAY_") && end != std::string_view::npos) result.emplace(text.substr(0, end), text.substr(end + 1));
  }
  return result;
}

}  // namespace

// An automatic place is a convenience, and no reason not to serve.
void Supervisor::open_control() {
  std::string path = current_->plan().control;
  const bool automatic = path == "auto";
  if (automatic) path = options_.file.empty() ? std::string() : automatic_control_path(options_.file, options_.invocation.directory);
  if (control_ && control_->path() == path && control_->is_reachable()) return;
  try {
    if (automatic && !path.empty()) make_control_folder(path);
    if (options_.control && options_.control->path() == path && options_.control->is_reachable()) {
      control_ = std::move(options_.control);
    } else {
      control_ = path.empty() ? nullptr : std::make_unique<ControlSocket>(path);
    }
    want_verdict_.clear();  // were clients of another one
  } catch (const std::exception& error) {
    if (!automatic && !announced_) throw;
    const char* message = control_ ? "the control socket cannot be had; the one before stays in use"
                                   : "there is no control socket, so `ropeway status` and the like do not work";
    log_->warning(message, {{"path", std::string_view(path)}, {"reason", std::string_view(error.what())}});
  }
}

void Supervisor::obey_clients() {
  if (!control_) return;
  for (const ControlSocket::Request& request : control_->take()) obey(request);
}

void Supervisor::obey(const ControlSocket::Request& request) {
  using nlohmann::json;
  const json asked = json::parse(request.line, nullptr, false);
  if (!asked.is_object()) return answer(request.client, {{"ok", false}, {"error", "a request is a JSON object on a line of its own"}});
  const json command = asked.value("command", json());
  const auto flag = [&asked](const char* name) { return asked.value(name, json()) == json(true); };
  for (const char* name : {"wait", "fast", "latencies"}) {
    if (!asked.contains(name) || asked[name].is_boolean()) continue;
    return answer(request.client, {{"ok", false}, {"error", std::string(name) + " must be true or false"}});
  }
  if (command == "status") {
    const json status = status_of(deployments(), director_.steering(), reload_ ? &*reload_ : nullptr, now(), flag("latencies"));
    return answer(request.client, {{"ok", true}, {"status", status}});
  }
  if (command == "configuration") {
    const ConfigSource& source = current_->setup()->source;
    return answer(request.client,
                  {{"ok", true}, {"configuration", {{"file", source.file}, {"text", source.text}, {"variables", overriding_variables()}}}});
  }
  if (command == "upgrade" && phase_ == Phase::running && !grace_until_) {
    upgrade_wanted_ = true;
    if (flag("wait")) return await_upgrade_.push_back(request.client);
  } else if (command == "reload" && phase_ == Phase::running && !grace_until_) {
    reload_wanted_ = true;
    if (flag("wait")) return want_verdict_.push_back(request.client);
  } else if (command == "scale") {
    const json processes = asked.value("processes", json());
    const std::string error = processes.is_number_integer() ? scale_to(processes.get<std::int64_t>()) : "processes must be a whole number";
    if (!error.empty()) return answer(request.client, {{"ok", false}, {"error", error}});
  } else if (command == "fault") {
    if (const std::string error = inject(asked); !error.empty()) return answer(request.client, {{"ok", false}, {"error", error}});
  } else if (command == "reopen") {
    obey(SignalAction::reopen);
  } else if (command == "stop") {
    obey(flag("fast") ? SignalAction::stop : SignalAction::drain);
  } else {
    const bool is_late = command == "reload" || command == "upgrade";
    const char* error = is_late && succeeded_ ? "another program has taken this one's place; ask again"
                        : is_late             ? "the server ends"
                                  : "no such command; there are status, configuration, reload, upgrade, scale, fault, reopen and stop";
    return answer(request.client, {{"ok", false}, {"error", error}});
  }
  answer(request.client, {{"ok", true}});
}

// What a drill does to a worker, for a while.
std::string Supervisor::inject(const nlohmann::json& asked) {
  using nlohmann::json;
  constexpr std::int64_t most_seconds = 3600;
  constexpr std::int64_t most_mebibytes = 16 * 1024;
  const auto number = [&asked](const char* name, std::int64_t most) -> std::optional<std::int64_t> {
    const json value = asked.value(name, json());
    if (!value.is_number_integer() || value < 0 || value > most) return std::nullopt;
    return value.get<std::int64_t>();
  };
  const auto slot = number("worker", UINT32_MAX);
  const auto seconds = number("seconds", most_seconds);
  const auto mebibytes = number("mebibytes", most_mebibytes);
  const auto members = current_->generation().members();
  const auto worker = std::ranges::find_if(members, [&](const WorkerHandle& candidate) { return slot && candidate.slot() == *slot; });
  if (worker == members.end() || !worker->accepts()) return "worker must be the number of one that is ready";
  observability::WorkerFaults& faults = current_->setup()->scoreboard.faults(worker->slot());
  const std::int64_t moment = std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch()).count();
  const json kind = asked.value("kind", json());
  if (kind == "kill") {
    ::kill(worker->pid(), SIGKILL);
  } else if ((kind == "stall" || kind == "slow") && seconds) {
    (kind == "stall" ? faults.held_until : faults.slow_until) = moment + *seconds * 1000;
  } else if (kind == "leak" && mebibytes) {
    faults.ballast = static_cast<std::uint64_t>(*mebibytes) << 20U;
  } else {
    return "kind must be kill, stall or slow (with seconds, 0 to 3600), or leak (with mebibytes, 0 to 16384)";
  }
  const std::string name = kind.get<std::string>();
  log_->warning("a drill does this to worker " + std::to_string(worker->slot()) + ": " + name,
                {{"worker", std::int64_t{worker->slot()}}, {"pid", std::int64_t{worker->pid()}}});
  worker->send(Command::fault);
  return {};
}

void Supervisor::answer(ControlSocket::Client client, const nlohmann::json& line) {
  if (control_) control_->answer(client, line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void Supervisor::answer(std::vector<ControlSocket::Client>& clients, const nlohmann::json& line) {
  for (const auto client : std::exchange(clients, {})) answer(client, line);
}

}  // namespace ropeway::launcher
