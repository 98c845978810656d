// The answer to a failure while somebody works on the program: what was thrown, and the lines that it came from.

#include <cxxabi.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>
#include <string>
#include <typeinfo>
#include <vector>

#include <ropeway/request_id.hpp>
#include <ropeway/url.hpp>

#include "core/src/config/printable.hpp"
#include "core/src/routing/failure.hpp"
#include "launcher/src/development.hpp"
#include "launcher/src/source_lines.hpp"
#include "launcher/src/symbols.hpp"
#include "launcher/src/throw_trace.hpp"

namespace ropeway::launcher {
namespace {

constexpr unsigned lines_around = 5;

constexpr std::string_view page_style =
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222;background:#fff}"
    "h1{font-size:1.3rem;margin:0}p{margin:.3rem 0 1rem}pre{background:#f4f4f4;padding:.8rem;overflow:auto;line-height:1.4}"
    "mark{background:#ffd9d4;color:inherit}@media(prefers-color-scheme:dark){body{background:#1b1b1b;color:#ddd}pre{background:#272727}"
    "mark{background:#6b2a22}}";

std::string shown(std::string_view text) { return escape_html(config::printable(text)); }

struct Told {
  std::string type;
  std::string text;
};

Told told_by(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) { return {demangled(typeid(error).name()), error.what()}; } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return {type != nullptr ? demangled(type->name()) : "unknown", "(it is no std::exception)"};
  }
}

// Neither the framework's own, nor the system's.
bool is_programs(const SourceLine& call) {
  if (call.file.empty() || call.function == "main") return false;
  for (const std::string_view part : {"/include/asio/", "/include/c++/", "/include/ropeway/", "/core/src/", "/launcher/src/"}) {
    if (call.file.find(part) != std::string::npos) return false;
  }
  return true;
}

// The lines around it, with itself marked.
std::string excerpt_of(const SourceLine& call) {
  std::ifstream file(call.file);
  std::string text;
  std::string line;
  for (unsigned number = 1; std::getline(file, line) && number <= call.line + lines_around; ++number) {
    if (number + lines_around < call.line) continue;
    const std::string numbered = std::to_string(number) + "  " + shown(line);
    text += (number == call.line ? "<mark>" + numbered + "</mark>" : numbered) + "\n";
  }
  return text;
}

Response failure_page(const std::exception_ptr& failure, const routing::Origin& origin, Status status) {
  const Told told = told_by(failure);
  const std::vector<SourceLine> calls = source_lines(frames_of_throw(failure));
  std::string page = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + shown(told.text) + "</title><style>";
  page.append(page_style).append("</style></head><body>\n<h1>").append(shown(told.type)).append("</h1>\n<p>").append(shown(told.text));
  page += "</p>\n<p>" + std::to_string(code(status)) + ", from the handler <b>" + shown(origin.handler) + "</b> of the route <b>" +
          shown(origin.route) + "</b>, request " + shown(to_string(origin.request)) + "</p>\n";
  const auto own = std::ranges::find_if(calls, is_programs);
  if (own != calls.end())
    page += "<p>" + shown(own->file) + ":" + std::to_string(own->line) + "</p>\n<pre>" + excerpt_of(*own) + "</pre>\n";
  std::string program;
  std::string all;
  for (const SourceLine& call : calls) {
    const std::string line =
        shown(call.function) + (call.file.empty() ? "" : "\n    " + shown(call.file) + ":" + std::to_string(call.line)) + "\n";
    if (is_programs(call)) program += line;
    all += line;
  }
  if (!program.empty()) page += "<pre>" + program + "</pre>\n";
  if (!all.empty()) page += "<details><summary>All " + std::to_string(calls.size()) + " calls</summary><pre>" + all + "</pre></details>\n";
  page += "<p>This page is for whoever works on the program: <code>development</code> is on.</p>\n<script src=\"/.ropeway/live.js?" +
          instance() + "\"></script></body></html>\n";
  Response response = Response::html(std::move(page));
  response.status(status);
  response.headers().set("Cache-Control", "no-store");
  return response;
}

}  // namespace

const std::string& instance() {
  static const std::string name =
      std::to_string(::getpid()) + "-" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
  return name;
}

void tell_clients_of_failures() noexcept {
  remember_throws();
  routing::set_failure_page(&failure_page);
}

}  // namespace ropeway::launcher
