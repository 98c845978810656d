#include "launcher/src/log_files.hpp"

namespace ropeway::launcher {

std::unique_ptr<observability::LogSink> open_log(const config::LogConfig& config, std::string process) {
  observability::LogOptions options;
  options.level = config.level;
  options.file = config.file;
  options.format =
      config.format == config::LogConfig::Format::json ? observability::LogOptions::Format::json : observability::LogOptions::Format::text;
  options.process = std::move(process);
  return observability::make_log_sink(options);
}

std::unique_ptr<observability::LogSink> open_log_for(const Plan& plan, std::string process) {
  prepare_log_files(plan.log, plan.identity);
  const ActingAs user(plan.identity);
  return open_log(plan.log, std::move(process));
}

void reopen_for(const Plan& plan, observability::LogSink& log) noexcept {
  std::string error;
  try {
    prepare_log_files(plan.log, plan.identity);
    const ActingAs user(plan.identity);
    error = log.reopen();
  } catch (const std::exception& failure) { error = failure.what(); }
  if (!error.empty()) log.error("the log cannot be opened again; the old file stays in use", {{"reason", std::string_view(error)}});
}

std::unique_ptr<observability::AccessLog> open_access_log(const config::AccessLogConfig& config) {
  using Format = observability::AccessLog::Format;
  if (config.file.empty()) return nullptr;
  Format format = Format::combined;
  if (config.format == config::AccessLogConfig::Format::json) format = Format::json;
  if (config.format == config::AccessLogConfig::Format::terminal) format = Format::terminal;
  return std::make_unique<observability::AccessLog>(config.file, format);
}

void reopen(observability::LogSink& log, observability::AccessLog* access_log) noexcept {
  if (const std::string error = log.reopen(); !error.empty()) {
    log.error("the log cannot be opened again; the old file stays in use", {{"reason", std::string_view(error)}});
  }
  if (access_log == nullptr) return;
  if (const std::string error = access_log->reopen(); !error.empty()) {
    log.error("the access log cannot be opened again; the old file stays in use", {{"reason", std::string_view(error)}});
  }
}

}  // namespace ropeway::launcher
