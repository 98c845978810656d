#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

#include "launcher/src/descriptor.hpp"

namespace ropeway::launcher {

/// What the supervisor tells a worker: one byte on its pipe.
enum class Command : char {
  drain = 'd',   ///< with the whole server
  retire = 't',  ///< alone: its siblings serve on
  stop = 's',
  reopen = 'r',
  fault = 'f',   ///< what a drill asks of it has changed in the scoreboard
  rescue = 'q',  ///< which slots are rescued has changed in the scoreboard
};

/// What a worker tells the supervisor: one byte on its other pipe.
enum class Word : char {
  ready = 'R',
  draining = 'D',  ///< it ends alone, and accepts no more
};

/// How much longer than a drain may take a worker has to end. It keeps the drain's deadline itself and closes what is left in good order;
/// this is for one that hangs.
inline constexpr std::chrono::milliseconds drain_slack{500};

/// The supervisor's view of one worker slot: the process that fills it, and when the next one may start.
class WorkerHandle {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class State : std::uint8_t { gone, starting, ready, draining };

  /// A worker that ends within this time of its start counts as failing; its replacement waits from the second time on. Of one that had
  /// become ready, and so has served, less is asked: what killed it need not have to do with its start.
  static constexpr std::chrono::seconds failing_within{10};
  static constexpr std::chrono::seconds failing_within_once_ready{1};
  static constexpr std::chrono::seconds first_delay{1};
  static constexpr std::chrono::seconds longest_delay{30};

  explicit WorkerHandle(unsigned slot) noexcept : slot_(slot) {}

  [[nodiscard]] unsigned slot() const noexcept { return slot_; }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] bool alive() const noexcept { return state_ != State::gone; }
  /// Whether the process in this slot was ready at some time.
  [[nodiscard]] bool was_ready() const noexcept { return was_ready_; }
  [[nodiscard]] int words_descriptor() const noexcept { return words_.get(); }
  /// Whether it accepts from its listeners: it is ready, nobody has stopped it (SIGSTOP), and its event loop does not stand still.
  [[nodiscard]] bool accepts() const noexcept { return state_ == State::ready && !stopped_ && !stalled_; }
  /// Whether the slot's very first process has yet to show what it can do, and has not had `beginning` for it.
  [[nodiscard]] bool begins(Time now) const noexcept {
    return !tried_ || (first_ && state_ == State::starting && now - started_ < beginning);
  }
  static constexpr std::chrono::seconds beginning{5};
  [[nodiscard]] bool is_stopped() const noexcept { return stopped_; }
  [[nodiscard]] bool is_stalled() const noexcept { return stalled_; }
  /// When the next process may start; nothing while one lives or none shall start.
  [[nodiscard]] std::optional<Time> next_start() const noexcept { return next_start_; }
  /// How long the process has lived.
  [[nodiscard]] std::chrono::nanoseconds age(Time now) const noexcept { return now - started_; }

  /// Whether a process was started here at least once, or could not be.
  [[nodiscard]] bool tried() const noexcept { return tried_; }

  void start_at(Time time) noexcept { next_start_ = time; }
  /// Where a process is to start later than that, it starts then.
  void start_no_later_than(Time time) noexcept {
    if (next_start_ && *next_start_ > time) next_start_ = time;
  }
  void no_next_start() noexcept { next_start_.reset(); }
  /// Tells the process to end, by `deadline` at the latest, while others serve on. None is started in its place.
  void retire(Time deadline) noexcept;
  /// Tells the process to end as `retire` does; another is started in its place at once.
  void renew(Time deadline) noexcept;
  /// It is to be replaced, or started, after all.
  void take_back(Time now) noexcept;
  /// Whether it is gone, or has said that it accepts no more.
  [[nodiscard]] bool has_left() const noexcept { return !alive() || left_; }
  /// When a process that was told to retire must have ended; it sees to that itself, but for one that hangs.
  [[nodiscard]] std::optional<Time> retires_until() const noexcept { return retires_until_; }
  /// Whether it has not; tells so once.
  [[nodiscard]] bool is_overdue(Time now) noexcept;
  /// A process began: the parent's ends of its two pipes.
  void started(pid_t pid, Descriptor commands, Descriptor words, Time now) noexcept;
  /// Reads what the worker has to say, without waiting; says whether it has just become ready.
  [[nodiscard]] bool read_words() noexcept;
  /// A signal has stopped the process, or let it go on.
  void set_stopped(bool stopped) noexcept { stopped_ = stopped; }
  /// Its event loop was seen to stand still, or to go on.
  void set_stalled(bool stalled) noexcept { stalled_ = stalled; }
  /// The process is gone. Plans the replacement: at once after an end that was `planned`, and the first time; then after 1 s, doubling to
  /// 30 s, as long as they count as failing.
  void ended(Time now, bool planned) noexcept;
  /// There was no process to be had: counts as one that ended at once.
  void could_not_start(Time now) noexcept;
  /// Sends a command; a worker that is gone is none the wiser.
  void send(Command command) noexcept;

 private:
  unsigned slot_;
  unsigned failures_ = 0;  // one after another
  bool tried_ = false;
  bool first_ = false;  // the process is the first one of the slot
  bool was_ready_ = false;
  bool stopped_ = false;
  bool stalled_ = false;
  bool retired_ = false;
  bool left_ = false;
  pid_t pid_ = 0;
  State state_ = State::gone;
  Descriptor commands_;
  Descriptor words_;
  Time started_{};
  std::optional<Time> next_start_;
  std::optional<Time> retires_until_;
};

}  // namespace ropeway::launcher
