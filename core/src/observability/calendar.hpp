#pragma once

#include <chrono>
#include <string>

namespace ropeway::observability {

/// Appends "2026-11-23T14:03:05" (UTC).
void append_iso_second(std::string& out, std::chrono::sys_seconds second);
/// Appends "23/Nov/2026:14:03:05 +0000".
void append_common_log_second(std::string& out, std::chrono::sys_seconds second);
/// Appends "14:03:05" in the time zone of the machine.
void append_local_second(std::string& out, std::chrono::sys_seconds second);
/// Appends ".123" for the milliseconds of `time` within its second.
void append_milliseconds(std::string& out, std::chrono::system_clock::time_point time);

}  // namespace ropeway::observability
