#pragma once

#include <memory>
#include <string>

#include "core/src/config/server_config.hpp"
#include "core/src/observability/access_log.hpp"
#include "core/src/observability/log_sink.hpp"
#include "launcher/src/plan.hpp"

namespace ropeway::launcher {

/// The application log that a configuration names, for the process called `process` ("launcher", "worker 2"), without a writer thread.
/// Throws `std::system_error` where the file cannot be opened.
[[nodiscard]] std::unique_ptr<observability::LogSink> open_log(const config::LogConfig& config, std::string process);
/// The supervisor's, with the rights of those who workers are. Throws as above, and where workers could not open theirs.
[[nodiscard]] std::unique_ptr<observability::LogSink> open_log_for(const Plan& plan, std::string process);
/// Opens the supervisor's again by its name, and sees to it that workers can open theirs; a failure is a line in it.
void reopen_for(const Plan& plan, observability::LogSink& log) noexcept;
/// The access log, or nullptr where there is none. Throws `std::system_error` where the file cannot be opened.
[[nodiscard]] std::unique_ptr<observability::AccessLog> open_access_log(const config::AccessLogConfig& config);
/// Opens both again by their names; a failure is a line in `log`. `access_log` may be nullptr.
void reopen(observability::LogSink& log, observability::AccessLog* access_log) noexcept;

}  // namespace ropeway::launcher
