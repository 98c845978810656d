// What workers have in common: counters, rate limits, the cache, topics and jobs, while workers die and are replaced.

#include <doctest/doctest.h>

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"

namespace shared_state_test {

using namespace ropeway::testing;

namespace {

constexpr Model model{4, 2};

// The example, as its own configuration has it, with a control socket in its folder.
class Example {
 public:
  explicit Example(const Model& its_model, const std::string& members = "") : server_(start(its_model, members)) {}
  ~Example() { (void)command({"stop", "--wait", "--fast"}); }
  Example(const Example&) = delete;
  Example& operator=(const Example&) = delete;
  [[nodiscard]] ServerProcess* operator->() noexcept { return server_.get(); }

  void write(const Model& its_model, const std::string& members, const std::string& listen = "127.0.0.1:0") {
    auto configuration = parsed_json(read_file(source_folder() + "/examples/shared/ropeway.json"));
    configuration["processes"] = its_model.processes;
    configuration["threads"] = its_model.threads;
    configuration["listen"] = {listen};
    configuration["control"] = "control";
    configuration["canary"] = {{"percent", 0}};
    if (!members.empty()) configuration.merge_patch(parsed_json(members));
    folder_.write("ropeway.json", configuration.dump(2));
  }
  Finished command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), program());
    return run_to_end(std::move(arguments), folder_ / ".");
  }
  [[nodiscard]] int visit() { return std::stoi(server_->connect().get("/visits").body.substr(16)); }
  [[nodiscard]] int ticks() { return std::stoi(server_->connect().get("/ticks").body); }
  // Kills all workers that there are now, one after another, each once its successor is there.
  void kill_each_worker() {
    for (const pid_t worker : server_->workers(model)) {
      ::kill(worker, SIGKILL);
      REQUIRE(eventually([&] {
        const auto now = server_->workers(model);
        return now.size() == model.processes && std::ranges::find(now, worker) == now.end();
      }));
    }
  }

 private:
  std::unique_ptr<ServerProcess> start(const Model& its_model, const std::string& members) {
    write(its_model, members);
    return std::make_unique<ServerProcess>(std::vector<std::string>{"--config", "ropeway.json"}, folder_.path().string(),
                                           example_program("shared"));
  }
  TemporaryFolder folder_;
  std::unique_ptr<ServerProcess> server_;
};

std::string limited(const std::string& options) {
  return R"("canary": {"percent": 0}, "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"},
            "middlewares": [{"name": "rate_limit", "options": )" +
         options + "}]}]";
}

// How many of so many requests are allowed, each on a connection of its own, by several threads at once.
int allowed(ServerProcess& server, int requests) {
  std::atomic<int> left = requests;
  std::atomic<int> count = 0;
  std::atomic<int> other = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (left-- > 0) {
        const int status = server.connect().get("/").status;
        if (status == 200) ++count;
        if (status != 200 && status != 429) ++other;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(other == 0);
  return count;
}

}  // namespace

TEST_CASE("the example counts, reports, tells news and ticks, in every model") {
  for (const Model& each : all_models()) {
    CAPTURE(each.name());
    Example example(each);
    for (int i = 1; i <= 10; ++i) CHECK(example.visit() == i);
    CHECK(example->connect().get("/report").body == "This is report 1.\n");
    CHECK(example->connect().get("/report").body == "This is report 1.\n");
    CHECK(eventually([&] { return example.ticks() >= 2; }));
  }
}

TEST_CASE("a counter gives no number twice and forgets none, whatever becomes of workers") {
  Example example(model);
  std::set<int> numbers;
  for (int i = 0; i < 20; ++i) CHECK(numbers.insert(example.visit()).second);
  example.kill_each_worker();
  for (int i = 0; i < 20; ++i) CHECK(numbers.insert(example.visit()).second);
  CHECK(*numbers.rbegin() == 40);
  CHECK(example.command({"reload", "--wait"}).exit_code == 0);
  CHECK(example.visit() == 41);
  const auto status = parsed_json(example.command({"status", "--json"}).output);
  CHECK(status["shared"]["counters"]["visits"] == 41);
  CHECK(example.command({"upgrade", "--wait"}).exit_code == 0);
  CHECK(example.visit() == 42);
}

TEST_CASE("an upgrade to other sizes begins anew, a reload to other sizes is refused") {
  Example example(model);
  CHECK(example.visit() == 1);
  example.write(model, R"({"shared": {"counters": 100}})");
  CHECK(example.command({"reload", "--wait"}).exit_code != 0);
  CHECK(example.visit() == 2);
  CHECK(example.command({"upgrade", "--wait"}).exit_code == 0);
  CHECK(example.visit() == 1);
  CHECK(example->standard_error().find("cannot be taken over") != std::string::npos);
}

TEST_CASE("a rate limit allows its burst once, however many workers and connections there are, also when workers die and after a reload") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, limited(R"({"rate": 1, "per": "1h", "burst": 50})"));
  CHECK(allowed(*server, 30) == 30);
  for (const pid_t worker : server->workers(model)) ::kill(worker, SIGKILL);
  REQUIRE(eventually([&] { return server->workers(model).size() == model.processes; }));
  CHECK(allowed(*server, 200) == 20);
  const RawResponse refused = server->connect().get("/");
  CHECK(refused.status == 429);
  CHECK(refused.field("RateLimit-Policy") == "\"default\";q=50;w=180000");
  CHECK(refused.field("RateLimit").starts_with("\"default\";r=0;t=1"));
  CHECK(std::stoi(refused.field("Retry-After")) > 3000);
  server->signal(SIGHUP);
  REQUIRE(eventually([&] { return server->standard_error().find("reload: done") != std::string::npos; }));
  CHECK(allowed(*server, 40) == 0);
}

TEST_CASE("what many want at once is computed once in the whole server") {
  Example example(model);
  std::vector<RawClient> clients;
  for (int i = 0; i < 24; ++i) clients.push_back(example->connect());
  for (RawClient& client : clients) client.send("GET /report HTTP/1.1\r\nHost: test\r\n\r\n");
  for (RawClient& client : clients) CHECK(client.read_response().body == "This is report 1.\n");
}

TEST_CASE("a report whose worker dies is computed by another") {
  Example example(model);
  std::vector<RawClient> clients;
  for (int i = 0; i < 24; ++i) clients.push_back(example->connect());
  for (RawClient& client : clients) client.send("GET /report HTTP/1.1\r\nHost: test\r\n\r\n");
  const auto workers = example->workers(model);
  for (std::size_t i = 1; i < workers.size(); ++i) ::kill(workers[i], SIGKILL);
  int answered = 0;
  for (RawClient& client : clients) {
    try {
      const RawResponse response = client.read_response();
      CHECK(response.body.starts_with("This is report "));
      ++answered;
    } catch (const std::exception&) {}  // of one that died
  }
  CHECK(example->connect().get("/report").body.starts_with("This is report "));
  CAPTURE(answered);
}

TEST_CASE("what one worker publishes, subscribers in all workers get, also across a reload") {
  Example example(model);
  const auto round = [&] {
    std::atomic<int> waiting = 0;
    std::atomic<int> told = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 12; ++i) {
      threads.emplace_back([&] {
        RawClient client = example->connect();
        ++waiting;
        if (client.get("/news").body == "it is so\n") ++told;
        --waiting;
      });
    }
    // Whoever subscribes after the first one gets a later one.
    CHECK(eventually([&] {
      (void)example->connect().exchange("POST /news HTTP/1.1\r\nHost: test\r\nContent-Length: 8\r\n\r\nit is so");
      return waiting == 0 && told == 12;
    }));
    for (std::thread& thread : threads) thread.join();
  };
  round();
  CHECK(example.command({"reload", "--wait"}).exit_code == 0);
  example.kill_each_worker();
  round();
}

TEST_CASE("a job goes on at its time, whichever worker dies, and is handed on at a reload") {
  Example example(model);
  REQUIRE(eventually([&] { return example.ticks() >= 1; }));
  for (const pid_t worker : example->workers(model)) {
    const int before = example.ticks();
    ::kill(worker, SIGKILL);
    CHECK(eventually([&] { return example.ticks() > before + 1; }));
  }
  CHECK(example.command({"reload", "--wait"}).exit_code == 0);
  const int before = example.ticks();
  CHECK(eventually([&] { return example.ticks() > before + 1; }));
}

}  // namespace shared_state_test
