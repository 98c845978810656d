#include "core/src/module/module_order.hpp"

#include <algorithm>
#include <optional>

#include "core/src/config/printable.hpp"
#include "core/src/config/spelling.hpp"

namespace ropeway::module {
namespace {

// A walk along the needs, depth first.
class Ordering {
 public:
  explicit Ordering(const std::vector<ModuleNeeds>& modules) : modules_(modules), states_(modules.size(), State::unseen) {}

  [[nodiscard]] ModuleOrder run() {
    for (std::size_t i = 0; i < modules_.size(); ++i) visit(i);
    return std::move(result_);
  }

 private:
  enum class State : unsigned char { unseen, open, good, bad };

  void visit(std::size_t module) {
    if (states_[module] != State::unseen) return;
    states_[module] = State::open;
    path_.push_back(module);
    bool good = true;
    for (const std::string& name : modules_[module].needs) good = has(module, name) && good;
    path_.pop_back();
    states_[module] = good ? State::good : State::bad;
    if (good) result_.order.push_back(module);
  }

  bool has(std::size_t module, const std::string& name) {
    const auto found = std::ranges::find(modules_, name, &ModuleNeeds::name);
    if (found == modules_.end()) {
      std::vector<std::string> names;
      for (const ModuleNeeds& other : modules_) names.push_back(other.name);
      std::erase(names, modules_[module].name);
      fail(module, "needs the module " + config::in_quotes(name) + ", which is not in \"modules\": add its file" +
                       config::did_you_mean(name, names));
      return false;
    }
    const auto other = static_cast<std::size_t>(found - modules_.begin());
    if (states_[other] == State::open) {
      fail(module, "needs itself: " + circle(other) + "; one of them must do without");
      return false;
    }
    visit(other);
    return states_[other] == State::good;
  }

  // "a needs b needs a", from the one that is met again.
  [[nodiscard]] std::string circle(std::size_t begin) const {
    std::string words;
    for (auto step = std::ranges::find(path_, begin); step != path_.end(); ++step)
      words += config::in_quotes(modules_[*step].name) + " needs ";
    return words + config::in_quotes(modules_[begin].name);
  }

  void fail(std::size_t module, std::string sentence) { result_.faults.push_back({module, std::move(sentence)}); }

  const std::vector<ModuleNeeds>& modules_;
  std::vector<State> states_;
  std::vector<std::size_t> path_;  // from the one that was asked for to the one that is open
  ModuleOrder result_;
};

}  // namespace

ModuleOrder order_of(const std::vector<ModuleNeeds>& modules) { return Ordering(modules).run(); }

}  // namespace ropeway::module
