#include "core/src/module/module_loader.hpp"

#include <cxxabi.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include <ropeway/module.hpp>

#include "core/src/module/module_file.hpp"
#include "core/src/module/module_order.hpp"

// A module that looks for it finds it where the program exports its symbols.
extern "C" [[gnu::used, gnu::visibility("default")]] const char ropeway_exports_symbols = 1;

namespace ropeway::module {
namespace {

constexpr const char* remedy_of_exports = "call ropeway_exports(TARGET) in its CMakeLists.txt and build it again";

// One that may be loaded as far as its file tells.
struct Candidate {
  const config::ModuleConfig* config;
  std::filesystem::path path;  // canonical
  ModuleFile file;
};

std::string whole_in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }  // whole: the end of a path says most

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? text.get() : symbol;
}

// The word behind `before` in a message, up to a character of `ends`.
std::optional<std::string> word_behind(std::string_view message, std::string_view before, std::string_view ends) {
  const std::size_t found = message.find(before);
  if (found == std::string_view::npos) return std::nullopt;
  const std::string_view rest = message.substr(found + before.size());
  return std::string(rest.substr(0, rest.find_first_of(ends)));
}

class Loading {
 public:
  Loading(const std::vector<config::ModuleConfig>& modules, NamedRegistry& registry) : modules_(modules), registry_(registry) {}

  [[nodiscard]] std::vector<ConfigError> run() {
    for (const config::ModuleConfig& module : modules_) look_at(module);
    std::vector<ModuleNeeds> needs;
    for (const Candidate& candidate : candidates_) needs.push_back({candidate.file.name, candidate.file.needs});
    const ModuleOrder sorted = order_of(needs);
    for (const auto& [module, sentence] : sorted.faults) report(*candidates_[module].config, sentence);
    std::vector<std::string> failed;
    for (const std::size_t i : sorted.order) {
      const Candidate& candidate = candidates_[i];
      const bool lacks_one = std::ranges::any_of(candidate.file.needs,
                                                 [&](const std::string& name) { return std::ranges::find(failed, name) != failed.end(); });
      if (lacks_one || !load(candidate)) failed.push_back(candidate.file.name);
    }
    return std::move(mistakes_);
  }

 private:
  void report(const config::ModuleConfig& module, const std::string& sentence) {
    mistakes_.emplace_back(module.pointer, whole_in_quotes(module.path) + " " + sentence);
  }

  void look_at(const config::ModuleConfig& module) {
    try {
      Candidate candidate{&module, std::filesystem::canonical(module.path), read_module_file(module.path)};
      if (candidate.file.tag.empty()) {
        return report(module,
                      "is no Ropeway module: it has no ROPEWAY_MODULE. A module is built with ropeway_add_module (docs/modules.md)");
      }
      if (const std::string difference = tag_difference(candidate.file.tag, program_tag()); !difference.empty()) {
        return report(module,
                      "does not fit this program: " + difference + ". Build it again with this program's headers, compiler and flags");
      }
      for (const Candidate& other : candidates_) {
        if (other.path == candidate.path) return report(module, "is listed twice, first at " + other.config->pointer + ": remove one");
        if (other.file.name == candidate.file.name) {
          return report(module, "calls itself " + whole_in_quotes(other.file.name) + ", as " + whole_in_quotes(other.config->path) +
                                    " does: give one of them another name (ROPEWAY_MODULE_NAME)");
        }
      }
      candidates_.push_back(std::move(candidate));
    } catch (const std::system_error& error) { report(module, "cannot be read: " + error.code().message()); }
  }

  [[nodiscard]] bool is_needed(const Candidate& candidate) const {
    return std::ranges::any_of(candidates_, [&](const Candidate& other) {
      return std::ranges::find(other.file.needs, candidate.file.name) != other.file.needs.end();
    });
  }

  // Whether it is there and has registered everything. Symbols of one that nobody needs are its own: two modules may call a class the same.
  bool load(const Candidate& candidate) {
    void* handle = ::dlopen(candidate.path.c_str(), RTLD_NOW | (is_needed(candidate) ? RTLD_GLOBAL : RTLD_LOCAL));
    if (handle == nullptr) {
      const char* message = ::dlerror();
      const std::string text = message == nullptr ? "" : message;  // the next call takes it away
      const bool program_exports = ::dlsym(RTLD_DEFAULT, "ropeway_exports_symbols") != nullptr;
      report(*candidate.config, "cannot be loaded: " + explain_linker(text, program_exports));
      return false;
    }
    auto* register_module = reinterpret_cast<void (*)(Registry&)>(::dlsym(handle, "ropeway_register_module"));
    if (register_module == nullptr) {
      report(*candidate.config, "cannot be used: the function of ROPEWAY_MODULE is hidden. Leave it its default visibility");
      return false;
    }
    registry_.set_origin("the module " + whole_in_quotes(candidate.file.name));
    std::string failure = "something that is no std::exception";
    try {
      register_module(registry_);
      return true;
    } catch (const std::exception& error) { failure = error.what(); } catch (...) {
    }
    report(*candidate.config, "cannot be used, its registration failed: " + failure);
    return false;
  }

  const std::vector<config::ModuleConfig>& modules_;
  NamedRegistry& registry_;
  std::vector<Candidate> candidates_;
  std::vector<ConfigError> mistakes_;
};

}  // namespace

std::vector<ConfigError> load_modules(const std::vector<config::ModuleConfig>& modules, NamedRegistry& registry) {
  return Loading(modules, registry).run();
}

std::string explain_linker(std::string_view message, bool program_exports) {
  if (const auto symbol = word_behind(message, "undefined symbol: ", ", ")) {
    const std::string name = demangled(*symbol);
    const std::string what = "nothing defines " + whole_in_quotes(name);
    if (!program_exports) return what + ". This program shows modules none of its symbols: " + remedy_of_exports;
    if (name.find("ropeway::") != std::string::npos) return what + ", not this program either: " + remedy_of_exports;
    return what + ". Link the module with what does, or name the module that does with ROPEWAY_MODULE_NEEDS";
  }
  constexpr std::string_view missing = ": cannot open shared object file";
  if (const std::size_t end = message.find(missing); end != std::string_view::npos) {
    return "it needs the library " + whole_in_quotes(message.substr(0, end)) +
           ", which is not found. Install it, or link the module with an rpath to it";
  }
  return std::string(message);
}

}  // namespace ropeway::module
