#include "launcher/src/top.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <ropeway/json_document.hpp>

#include "launcher/src/control_connection.hpp"
#include "launcher/src/exit_code.hpp"
#include "launcher/src/top_view.hpp"

namespace ropeway::launcher {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

// The terminal as a screen of ours, until the scope ends, however it does: signals that would end the process are read instead.
class Terminal {
 public:
  Terminal() {
    sigset_t taken;
    ::sigemptyset(&taken);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH}) ::sigaddset(&taken, signal);
    ::sigprocmask(SIG_BLOCK, &taken, nullptr);
    signals_ = Descriptor(::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
    is_screen_ = ::isatty(STDOUT_FILENO) == 1;
    if (!is_screen_) return;
    has_keys_ = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (has_keys_) {
      termios raw = before_;
      raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    print("\033[?1049h\033[?25l");  // another screen, and no cursor
  }
  ~Terminal() {
    if (!is_screen_) return;
    print("\033[?25h\033[?1049l");
    if (has_keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] bool is_screen() const noexcept { return is_screen_; }
  [[nodiscard]] Screen size() const {
    if (!is_screen_) return {200, 1000, false};
    winsize size{};
    Screen screen;
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 1)
      screen = {size.ws_col, size.ws_row - 1, false};
    const char* no_colour = std::getenv("NO_COLOR");
    screen.colours = no_colour == nullptr || *no_colour == '\0';
    return screen;
  }
  void draw(const std::string& page) const {
    if (!is_screen_) return print(page + "\n");
    std::string text = "\033[H";
    for (const char byte : page) text += byte == '\n' ? std::string("\033[K\n") : std::string(1, byte);
    print(text + "\033[J");
  }
  // Until `time`, or until the terminal has another size. Says whether to go on.
  [[nodiscard]] bool wait_until(Clock::time_point time) const {
    std::array<pollfd, 2> sources{pollfd{signals_.get(), POLLIN, 0}, pollfd{has_keys_ ? STDIN_FILENO : -1, POLLIN, 0}};
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Clock::now()).count();
      if (left <= 0) return true;
      if (::poll(sources.data(), sources.size(), static_cast<int>(left)) <= 0) continue;
      signalfd_siginfo signal{};
      if (sources[0].revents != 0 && ::read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
        return signal.ssi_signo == SIGWINCH;
      }
      char key = 0;
      if (sources[1].revents != 0 && (::read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q')) return false;
    }
  }

 private:
  Descriptor signals_;
  termios before_{};
  bool is_screen_ = false;
  bool has_keys_ = false;
};

// Moments of a server, as often as they are asked for. After an upgrade another process answers at the same socket.
class Moments {
 public:
  explicit Moments(const Options& options) : options_(options), connection_(std::in_place, options) {}
  // Nothing where there is no server now.
  [[nodiscard]] std::optional<json> next() {
    for (int attempt = 0; attempt < 2; ++attempt) {
      try {
        if (!connection_) connection_.emplace(options_);
        json answer = connection_->ask({{"command", "status"}, {"latencies", true}});
        return std::move(answer["status"]);
      } catch (const std::runtime_error&) { connection_.reset(); }
    }
    return std::nullopt;
  }

 private:
  const Options& options_;
  std::optional<ControlConnection> connection_;
};

}  // namespace

int watch_top(const Options& options) {
  Moments moments(options);
  auto before = moments.next();
  auto before_time = Clock::now();
  const std::chrono::duration<double> interval(options.interval);
  const Terminal terminal;
  for (unsigned page = 0; options.count == 0 || page < options.count; ++page) {
    if (!terminal.wait_until(Clock::now() + std::chrono::duration_cast<Clock::duration>(page == 0 ? interval / 4 : interval))) break;
    auto now = moments.next();
    const auto time = Clock::now();
    if (now && before) {
      terminal.draw(top_view(*before, *now, std::chrono::duration<double>(time - before_time).count(), terminal.size()));
    } else if (!now && !terminal.is_screen()) {
      throw ConversationEnded();
    } else if (!now) {
      terminal.draw("The server does not answer.\n");
    }
    before = std::move(now);
    before_time = time;
  }
  return exit_code::success;
}

}  // namespace ropeway::launcher
