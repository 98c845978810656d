// Handlers and middlewares in shared objects (tests/modules).

#include <doctest/doctest.h>

#include <signal.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/sanitizers.hpp"
#include "tests/support/server_process.hpp"

namespace module_test {

using namespace ropeway::testing;

namespace {

const std::string greeting_route = R"({"match": "GET /greet/{name}", "handler": "greeting", "options": {"word": "Hi"}})";

// A module in the folder of a configuration, put there at once, as a release does.
void put(const TemporaryFolder& folder, const std::string& module, const std::string& name) {
  std::filesystem::copy_file(test_module(module), folder / (name + ".new"), std::filesystem::copy_options::overwrite_existing);
  std::filesystem::rename(folder / (name + ".new"), folder / name);
}

// "modules": [...], with the modules' own files.
std::string listing(const std::vector<std::string>& modules) {
  nlohmann::json paths = nlohmann::json::array();
  for (const std::string& module : modules) paths.push_back(test_module(module));
  return "\"modules\": " + paths.dump();
}

Finished check(const std::string& configuration, const std::string& executable = program()) {
  const TemporaryFolder folder;
  folder.write("ropeway.json", configuration);
  return run_to_end({executable, "check", "--config", "ropeway.json"}, folder / ".");
}

bool has_loaded(pid_t process, const std::string& file) {
  return read_file("/proc/" + std::to_string(process) + "/maps").find(file) != std::string::npos;
}

}  // namespace

TEST_CASE("modules serve, in every model, whatever their order, and call each other; the supervisor loads none") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    put(folder, "greeting", "greeting.so");
    put(folder, "invoices", "invoices.so");
    put(folder, "accounts", "accounts.so");
    const auto server = ServerProcess::run(
        model, folder,
        R"("modules": ["invoices.so", "./greeting.so", "accounts.so"], "middlewares": ["stamp"], "routes": [)" + greeting_route +
            R"(, {"match": "/invoices/{account}", "handler": "invoice"}, {"match": "/accounts", "handler": "accounts"}])");
    RawClient client = server->connect();
    const RawResponse greeting = client.get("/greet/you");
    CHECK(greeting.body == "Hi, you (1)\n");
    CHECK(greeting.field("X-Stamp") == "1");
    CHECK(client.get("/invoices/7").body == "for the owner of 7\n");
    CHECK(client.get("/invoices/nobody").status == 404);
    CHECK(client.get("/accounts").body == "accounts\n");
    for (const pid_t worker : server->workers(model)) CHECK(has_loaded(worker, folder / "greeting.so"));
    if (model.processes > 0) CHECK_FALSE(has_loaded(server->pid(), folder.path().string()));
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("modules may have classes of the same name") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({1, 1}, folder,
                                         listing({"greeting", "greeting_twin"}) + R"(, "routes": [)" + greeting_route +
                                             R"(, {"match": "/twin/{name}", "handler": "twin_greeting"}])");
  CHECK(server->connect().get("/greet/you").body == "Hi, you (1)\n");
  CHECK(server->connect().get("/twin/you").body == "Hello, you (twin)\n");
}

TEST_CASE("options of a module's handler are checked as it declares them, with their place") {
  const std::string begin = "{" + listing({"greeting"}) + ",\n\"routes\": [{\"match\": \"/\", \"handler\": \"greeting\", \"options\": ";
  const Finished declared = check(begin + R"({"times": 7, "wrod": ""}}]})");
  CHECK(declared.exit_code == 2);
  CHECK(declared.error.find("ropeway.json:2:71: error: found 7, expected a whole number from 1 to 3") != std::string::npos);
  CHECK(declared.error.find("did you mean \"word\"?") != std::string::npos);
  const Finished constructed = check(begin + R"({"word": "Goodbye"}}]})");
  CHECK(constructed.exit_code == 2);
  CHECK(constructed.error.find("ropeway.json:2:70: error: is no greeting") != std::string::npos);
  CHECK(check(begin + R"({"times": 3}}]})").exit_code == 0);
}

TEST_CASE("a module that cannot be used is told with its place and the remedy") {
  struct Case {
    std::vector<std::string> modules;
    std::string place;
    std::vector<std::string> parts;
  };
  for (const Case& c : {
           Case{{"greeting", "faulty_module"}, "2:", {"faulty_module.so\" is no Ropeway module"}},
           {{"faulty_tag"},
            "2:13",
            {"does not fit this program: it was built for Ropeway 0.0.7, and this program has Ropeway ", "Build it again"}},
           {{"faulty_symbol"}, "2:13", {"nothing defines \"faulty::nowhere(int)\"", "ROPEWAY_MODULE_NEEDS"}},
           {{"faulty_library"}, "2:13", {"it needs the library \"libropeway_gone.so\", which is not found"}},
           {{"faulty_registration"}, "2:13", {"its registration failed: the licence has expired"}},
           {{"faulty_builtin"}, "2:13", {"handler \"health\" is registered already by Ropeway itself"}},
           {{"greeting", "faulty_clash"},
            "2:",
            {"faulty_clash.so\"", "handler \"greeting\" is registered already by the module \"greeting\""}},
           {{"faulty_needs", "greeting"}, "2:13", {"needs the module \"greetings\"", "did you mean \"greeting\"?"}},
           {{"invoices"}, "2:13", {"needs the module \"accounts\", which is not in \"modules\": add its file"}},
           {{"faulty_circle", "faulty_name"}, "2:", {"\"faulty_circle\" needs \"faulty_name\" needs \"faulty_circle\""}},
           {{"greeting", "greeting"}, "2:", {"is listed twice, first at /modules/0"}},
       }) {
    CAPTURE(c.modules.back());
    // A name that only a module might have is no second mistake.
    const Finished refused = check("{\n" + listing(c.modules) + R"(, "routes": [{"match": "/", "handler": "unheard_of"}]})");
    CHECK(refused.exit_code == 2);
    CHECK(refused.error.starts_with("ropeway.json:" + c.place));
    for (const std::string& part : c.parts) {
      CAPTURE(refused.error);
      CHECK(refused.error.find(part) != std::string::npos);
    }
    CHECK(refused.error.find("unheard_of\" ") == std::string::npos);
    std::size_t mistakes = 0;
    for (std::size_t at = 0; (at = refused.error.find("error: ", at)) != std::string::npos; ++at) ++mistakes;
    CHECK(mistakes == 1);
  }
}

TEST_CASE("mistakes beside one of a module are told, too") {
  const Finished refused = check("{\n" + listing({"faulty_tag", "greeting"}) + R"(, "threads": 0, "middlewares": ["unheard_of"],
"routes": [{"match": "/", "handler": "greeting", "options": {"word": "Goodbye"}}]})");
  CHECK(refused.exit_code == 2);
  for (const char* part : {"does not fit this program", "found 0, expected", "is no greeting"}) {
    CAPTURE(refused.error);
    CHECK(refused.error.find(part) != std::string::npos);
  }
}

TEST_CASE("a program that exports nothing says how to change that") {
  const Finished refused = check("{" + listing({"greeting"}) + "}", unruly_program());
  CHECK(refused.exit_code == 2);
  CAPTURE(refused.error);
  CHECK(refused.error.find("This program shows modules none of its symbols: call ropeway_exports(TARGET)") != std::string::npos);
}

TEST_CASE("a variable names modules in the place of the configuration") {
  const TemporaryFolder folder;
  put(folder, "greeting", "greeting.so");
  folder.write("ropeway.json", "{" + listing({"faulty_tag"}) + ", \"routes\": [" + greeting_route + "]}");
  CHECK(run_to_end({"/usr/bin/env", "ROPEWAY_MODULES=greeting.so", program(), "check"}, folder / ".").exit_code == 0);
  const Finished refused = run_to_end({"/usr/bin/env", "ROPEWAY_MODULES=greeting.so:none.so", program(), "check"}, folder / ".");
  CHECK(refused.exit_code == 2);
  CHECK(refused.error ==
        "environment: error: ROPEWAY_MODULES: \"" + (folder / "none.so") + "\" cannot be read: No such file or directory\n");
  const Finished explained = run_to_end({"/usr/bin/env", "ROPEWAY_MODULES=greeting.so", program(), "explain", "modules"}, folder / ".");
  CHECK(explained.output.find("0  \"greeting.so\"  ROPEWAY_MODULES in the environment") != std::string::npos);
}

TEST_CASE("routes, explain and schema know what modules have") {
  const TemporaryFolder folder;
  folder.write("ropeway.json", "{" + listing({"greeting"}) + ", \"middlewares\": [\"stamp\"], \"routes\": [" + greeting_route + "]}");
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), program());
    return run_to_end(std::move(arguments), folder / ".");
  };
  const auto routes = parsed_json(run({"routes", "--json"}).output);
  CHECK(routes[0]["handler"] == "greeting");
  CHECK(routes[0]["middlewares"] == nlohmann::json{"stamp"});
  const auto times = parsed_json(run({"explain", "/routes/0/options/times", "--json"}).output);
  CHECK(times["value"] == 1);
  CHECK(times["text"] == "How often.");
  CHECK(run({"schema", "--config", "ropeway.json"}).output.find("The word before the name.") != std::string::npos);
  CHECK(run({"schema", "--markdown", "--config", "ropeway.json"}).output.find("The word before the name.") != std::string::npos);
  CHECK(run({"schema"}).output.find("The word before the name.") == std::string::npos);
  folder.write("bad.json", "{" + listing({"faulty_tag"}) + "}");
  const Finished refused = run({"schema", "--config", "bad.json"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.output.empty());
  CHECK(refused.error.starts_with("bad.json:1:14: error: "));
}

TEST_CASE("a reload loads a new file into new workers, and no request is lost") {
  const TemporaryFolder folder;
  const Model model{2, 2};
  put(folder, "greeting", "greeting.so");
  const auto server =
      ServerProcess::run(model, folder, R"("canary": {"percent": 0}, "modules": ["greeting.so"], "routes": [)" + greeting_route + "]");
  REQUIRE(server->connect().get("/greet/you").body == "Hi, you (1)\n");
  std::atomic<bool> ends{false};
  std::atomic<int> answers{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!ends) {
        try {
          const std::string body = server->connect().get("/greet/you").body;
          if (body != "Hi, you (1)\n" && body != "Hi, you (2)\n") ++wrong;
        } catch (const std::exception&) { ++wrong; }
        ++answers;
      }
    });
  }
  put(folder, "greeting_2", "greeting.so");
  CHECK(run_to_end({program(), "reload", "--wait"}, folder / ".").exit_code == 0);
  ends = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(answers > 0);
  CHECK(wrong == 0);
  for (int i = 0; i < 10; ++i) CHECK(server->connect().get("/greet/you").body == "Hi, you (2)\n");
}

TEST_CASE("a reload refuses a module that cannot be used, and the old one serves on") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  put(folder, "greeting", "greeting.so");
  const auto server =
      ServerProcess::run(model, folder, R"("canary": {"percent": 0}, "modules": ["greeting.so"], "routes": [)" + greeting_route + "]");
  const auto workers = server->workers(model);
  for (const char* fault : {"faulty_tag", "faulty_symbol", "faulty_registration"}) {
    CAPTURE(fault);
    put(folder, fault, "greeting.so");
    const Finished reload = run_to_end({program(), "reload", "--wait"}, folder / ".");
    CHECK(reload.exit_code == 2);
    CHECK(reload.error.find("greeting.so\" ") != std::string::npos);
    CHECK(server->connect().get("/greet/you").body == "Hi, you (1)\n");
  }
  CHECK(server->workers(model) == workers);
  put(folder, "greeting_2", "greeting.so");
  CHECK(run_to_end({program(), "reload", "--wait"}, folder / ".").exit_code == 0);
  CHECK(server->connect().get("/greet/you").body == "Hi, you (2)\n");
}

TEST_CASE("the log names the function of a module that a worker died in, not one of a file that has taken the module's place since") {
  if (under_sanitizer) return;
  for (const bool is_replaced : {false, true}) {
    CAPTURE(is_replaced);
    const TemporaryFolder folder;
    put(folder, "greeting", "greeting.so");
    const auto server = ServerProcess::run({1, 1}, folder, R"("modules": ["greeting.so"], "routes": [{"match": "/", "handler": "fall"}])");
    if (is_replaced) put(folder, "greeting_2", "greeting.so");
    RawClient client = server->connect();
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(client.ends_without_more());
    CHECK(eventually([&] { return server->standard_error().find("backtrace of worker") != std::string::npos; }));
    const std::string log = server->standard_error();
    CHECK(log.find("greeting.so+0x") != std::string::npos);
    CHECK((log.find("greeting::Fall::handle(ropeway::Request const&) const+0x") != std::string::npos) == !is_replaced);
  }
}

TEST_CASE("plan tells a change of modules; a change that needs a restart is refused also where the modules differ") {
  const TemporaryFolder folder;
  put(folder, "greeting", "greeting.so");
  put(folder, "greeting_2", "second.so");
  const auto server = ServerProcess::run({1, 1}, folder, R"("modules": ["greeting.so"], "routes": [)" + greeting_route + "]");
  folder.write("new.json", R"({"processes": 1, "threads": 1, "listen": ["127.0.0.1:0"], "modules": ["second.so"], "routes": [)" +
                               greeting_route + "]}");
  const Finished planned = run_to_end({program(), "plan", "new.json"}, folder / ".");
  CHECK(planned.exit_code == 0);
  CHECK(planned.output.find("rolling: modules: [\"greeting.so\"] -> [\"second.so\"]\n") != std::string::npos);
  folder.write("ropeway.json", R"({"processes": 1, "threads": 1, "listen": ["127.0.0.1:0"], "shared": {"counters": 7}})");
  const Finished reload = run_to_end({program(), "reload", "--wait"}, folder / ".");
  CHECK(reload.exit_code == 2);
  CHECK(reload.error.find("needs a restart") != std::string::npos);
}

TEST_CASE("commands for a server that runs load no module") {
  const TemporaryFolder folder;
  put(folder, "greeting", "greeting.so");
  const auto server =
      ServerProcess::run({1, 1}, folder, R"("control": "control", "modules": ["greeting.so"], "routes": [)" + greeting_route + "]");
  std::filesystem::remove(folder / "greeting.so");
  CHECK(run_to_end({program(), "status"}, folder / ".").exit_code == 0);
  CHECK(run_to_end({program(), "stop", "--wait"}, folder / ".").exit_code == 0);
  CHECK(server->wait() == 0);
}

}  // namespace module_test
