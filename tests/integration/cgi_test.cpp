// Scripts by the Common Gateway Interface: real ones, in shell and Python.

#include <doctest/doctest.h>

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "tests/support/server_process.hpp"

namespace cgi_test {

using namespace ropeway::testing;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Whether that comes to stand in the log, which may be later than the answer.
bool logs(const ServerProcess& server, const std::string& part) {
  return eventually([&] { return has(server.standard_error(), part); }, std::chrono::seconds(10));
}

// A folder with scripts, and a server of them.
class Scripts {
 public:
  void write(const std::string& name, const std::string& text, bool executable = true) const {
    const std::string path = folder_.write("bin/" + name, text);
    if (executable) std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  void shell(const std::string& name, const std::string& text) const { write(name, "#!/bin/sh\n" + text); }
  void python(const std::string& name, const std::string& text) const { write(name, "#!/usr/bin/python3\n" + text); }

  [[nodiscard]] std::unique_ptr<ServerProcess> serve(const Model& model, const std::string& more = "",
                                                     const std::string& members = "") const {
    std::filesystem::create_directories(folder_.path() / "bin");
    return ServerProcess::run(model, folder_,
                              members + R"("routes": [
      {"match": "/cgi/{path...}", "handler": "cgi", "options": {"root": "bin")" +
                                  more + R"(}},
      {"match": "/ok", "handler": "fixed_response", "options": {"body": "answer"}}])");
  }

  /// The number of the process that wrote it to that file.
  [[nodiscard]] pid_t process_in(const std::string& name) const {
    const auto text = [&]() -> std::string {
      try {
        return read_file(folder_ / ("bin/" + name));
      } catch (const std::exception&) { return {}; }
    };
    REQUIRE(eventually([&] { return text().ends_with('\n'); }));
    return static_cast<pid_t>(std::stoi(text()));
  }
  [[nodiscard]] const TemporaryFolder& folder() const noexcept { return folder_; }

 private:
  TemporaryFolder folder_;
};

const std::string head = "printf 'Content-Type: text/plain\\n\\n'\n";
// Waits for ever, and so does a process that it has started.
const std::string hang = "echo $$ >> pid\nsleep 1000 &\necho $! > other.tmp; mv other.tmp other\nwait\n";

std::string post(const std::string& target, const std::string& body, const std::string& fields = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: name:81\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

}  // namespace

TEST_CASE("scripts in shell and Python answer GET, HEAD and POST, in every model") {
  const Scripts scripts;
  scripts.shell("hello.sh", head + "echo \"$REQUEST_METHOD $QUERY_STRING $CONTENT_LENGTH\"; cat");
  scripts.python("sum.py",
                 "import os, sys\n"
                 "data = sys.stdin.buffer.read(int(os.environ['CONTENT_LENGTH']))\n"
                 "sys.stdout.write('Status: 201 Made\\r\\nContent-Type: text/plain\\r\\nX-Own: one\\r\\n\\r\\n%d' % sum(data))\n");
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = scripts.serve(model);
    RawClient client = server->connect();
    const RawResponse got = client.get("/cgi/hello.sh?a=b%20c");
    CHECK(got.status == 200);
    CHECK(got.field("Content-Type") == "text/plain");
    CHECK((got.chunked || got.field("Content-Length") == "13"));  // whether its end is known with its beginning
    CHECK(got.body == "GET a=b%20c \n");
    CHECK(client.exchange("HEAD /cgi/hello.sh HTTP/1.1\r\nHost: t\r\n\r\n").status == 200);
    CHECK(client.exchange(post("/cgi/hello.sh", "content")).body == "POST  7\ncontent");
    CHECK(client.exchange("POST /cgi/hello.sh HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").body ==
          "POST  3\nabc");
    const RawResponse summed = client.exchange(post("/cgi/sum.py", std::string(1'000'000, '\x01')));
    CHECK(summed.status == 201);
    CHECK(summed.field("X-Own") == "one");
    CHECK(summed.body == "1000000");
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("a script gets the variables of the standard, and nothing that a client could harm it with") {
  const Scripts scripts;
  scripts.shell("env", head + "env; pwd; ls /proc/self/fd | tr '\\n' ' '; grep SigIgn /proc/self/status");
  const auto server = scripts.serve({1, 1}, R"(, "environment": {"OWN": "value"})");
  RawClient client = server->connect();
  const std::string told =
      client
          .exchange(post("/cgi/env/more/x%20y?q=1", "z", "Proxy: evil\r\nAuthorization: Basic c2VjcmV0\r\nX-A: 1\r\nX-A: 2\r\nX_B: 3\r\n"))
          .body;
  const std::string bin = (scripts.folder().path() / "bin").string();
  for (const std::string& line :
       {std::string("GATEWAY_INTERFACE=CGI/1.1"), std::string("SERVER_PROTOCOL=HTTP/1.1"), std::string("SERVER_NAME=name"),
        "SERVER_PORT=" + std::to_string(server->address().port), std::string("REQUEST_METHOD=POST"), std::string("QUERY_STRING=q=1"),
        std::string("SCRIPT_NAME=/cgi/env"), std::string("PATH_INFO=/more/x y"), "PATH_TRANSLATED=" + bin + "/more/x y",
        std::string("CONTENT_LENGTH=1"), std::string("REMOTE_ADDR=127.0.0.1"), std::string("HTTP_X_A=1, 2"), std::string("OWN=value"),
        bin}) {
    CAPTURE(line);
    CHECK(has("\n" + told, "\n" + line + "\n"));
  }
  CHECK_FALSE(has(told, "evil"));
  CHECK_FALSE(has(told, "c2VjcmV0"));
  CHECK_FALSE(has(told, "HTTP_X_B"));
  CHECK_FALSE(has(told, "HOME="));
  CHECK(has(told, "\n0 1 2 3 "));  // 3 is the folder that `ls` reads
  CHECK(has(told, "SigIgn:\t0000000000000000"));
}

TEST_CASE("a script sends clients elsewhere, or has the server answer with another resource") {
  const Scripts scripts;
  scripts.shell("away", "printf 'Location: http://example.org/x\\n\\n'");
  scripts.shell("moved", "printf 'Status: 301 Moved\\nLocation: /ok\\nContent-Type: text/html\\n\\n<p>there'");
  scripts.shell("local", "printf 'Location: /ok?from=local\\n\\n'");
  scripts.shell("to_script", "printf 'Location: /cgi/told?a=1\\n\\n'");
  scripts.shell("told", head + "echo $REQUEST_METHOD $QUERY_STRING $CONTENT_LENGTH $HTTP_X_A; cat");
  scripts.shell("round", "printf 'Location: /cgi/round\\n\\n'");
  scripts.shell("nowhere", "printf 'Location: /nothing\\n\\n'");
  const auto server = scripts.serve({1, 2});
  RawClient client = server->connect();
  const RawResponse away = client.get("/cgi/away");
  CHECK(away.status == 302);
  CHECK(away.field("Location") == "http://example.org/x");
  const RawResponse moved = client.get("/cgi/moved");
  CHECK(moved.status == 301);
  CHECK(moved.field("Location") == "/ok");
  CHECK(moved.body == "<p>there");
  const RawResponse local = client.get("/cgi/local");
  CHECK(local.status == 200);
  CHECK(local.body == "answer");
  CHECK(client.exchange(post("/cgi/to_script", "dropped", "X-A: kept\r\n")).body == "GET a=1 kept\n");
  CHECK(client.get("/cgi/nowhere").status == 404);
  CHECK(client.get("/cgi/round").status == 500);
}

TEST_CASE("a script that crashes, ends without an answer or writes none is 502, and the next request is answered") {
  const Scripts scripts;
  scripts.shell("crash", "echo last words >&2; kill -SEGV $$");
  scripts.shell("late_crash", head + "echo begun; kill -KILL $$");
  scripts.shell("nothing", "exit 7");
  scripts.shell("nonsense", "echo this is no header");
  scripts.write("no_interpreter", "#!/there/is/none\n");
  scripts.write("no_program", "neither a program nor a script\n");
  scripts.shell("well", head + "echo well");
  const auto server = scripts.serve({2, 2});
  RawClient client = server->connect();
  for (const char* name : {"crash", "late_crash", "nothing", "nonsense", "no_interpreter", "no_program"}) {
    CAPTURE(name);
    CHECK(client.get(std::string("/cgi/") + name).status == 502);
    CHECK(client.get("/cgi/well").body == "well\n");
  }
  CHECK(logs(*server, "route=/cgi/{path...} handler=cgi"));
  CHECK(logs(*server, "killed by SIGSEGV; it last wrote: last words"));
  CHECK(logs(*server, "exited with code 7"));
  CHECK(logs(*server, "a line of its header is no field"));
  CHECK(logs(*server, "cannot execute"));
}

TEST_CASE("what a script writes to its standard error is logged line by line, and not without end") {
  const Scripts scripts;
  scripts.shell("loud",
                head + "echo first >&2; echo second >&2; i=0; while [ $i -lt 300 ]; do echo more $i >&2; i=$((i+1)); done; echo done");
  const auto server = scripts.serve({1, 1});
  CHECK(server->connect().get("/cgi/loud").body == "done\n");
  CHECK(logs(*server, "lines=302"));
  CHECK(logs(*server, "first child="));
  CHECK(logs(*server, "second child="));
  CHECK(logs(*server, "more 97 child="));
  CHECK_FALSE(has(server->standard_error(), "more 98 child="));
}

TEST_CASE("a script that takes more memory or CPU time than it may is ended") {
  const Scripts scripts;
  scripts.python("memory", "data = bytearray(400 * 1024 * 1024)\nprint('Content-Type: text/plain\\n\\nhad it')\n");
  scripts.shell("loop", "while :; do :; done");
  const auto server = scripts.serve({1, 1}, R"(, "limits": {"memory": "200M", "cpu": "1s"})");
  RawClient client = server->connect();
  CHECK(client.get("/cgi/memory").status == 502);
  CHECK(logs(*server, "MemoryError"));
  CHECK(client.get("/cgi/loop").status == 504);
  CHECK(logs(*server, "limits.cpu"));
}

TEST_CASE("a script that takes longer than it may is 504, and no process of it is left, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const Scripts scripts;
    scripts.shell("hang", hang);
    const auto server = scripts.serve(model, R"(, "limits": {"time": "700ms"})");
    RawClient client = server->connect();
    client.send("GET /cgi/hang HTTP/1.1\r\nHost: t\r\n\r\n");
    const pid_t script = scripts.process_in("pid");
    const pid_t other = scripts.process_in("other");
    CHECK(client.read_response().status == 504);
    CHECK(wait_for_end_of(script));
    CHECK(wait_for_end_of(other));
    CHECK(client.get("/ok").body == "answer");
  }
}

TEST_CASE("more scripts than may run at once wait, and where none may wait, they are 503") {
  const Scripts scripts;
  scripts.shell("gate", head + "echo $$ >> pid; while [ ! -e open ]; do sleep 0.02; done; echo passed");
  const std::string request = "GET /cgi/gate HTTP/1.1\r\nHost: t\r\n\r\n";
  for (const bool may_wait : {false, true}) {
    CAPTURE(may_wait);
    std::filesystem::remove(scripts.folder().path() / "bin/open");
    std::filesystem::remove(scripts.folder().path() / "bin/pid");
    const auto server = scripts.serve({1, 2}, may_wait ? R"(, "limits": {"at_once": 1})" : R"(, "limits": {"at_once": 1, "queue": 0})");
    RawClient first = server->connect();
    first.send(request);
    (void)scripts.process_in("pid");
    RawClient second = server->connect();
    second.send(request);
    if (!may_wait) {
      const RawResponse refused = second.read_response();
      CHECK(refused.status == 503);
      CHECK(refused.field("Retry-After") == "1");
    }
    CHECK(server->connect().get("/ok").body == "answer");
    scripts.write("open", "", false);
    CHECK(first.read_response().body == "passed\n");
    if (may_wait) CHECK(second.read_response().body == "passed\n");
  }
}

TEST_CASE("a client that goes away takes its script with it, and one that has only ended its side does not") {
  for (const Model& model : {Model{0, 1}, Model{2, 2}}) {
    CAPTURE(model.name());
    const Scripts scripts;
    scripts.shell("hang", hang);
    scripts.shell("slow", head + "echo $$ > pid.tmp; mv pid.tmp slow_pid; while [ ! -e open ]; do sleep 0.02; done; echo waited");
    const auto server = scripts.serve(model, R"(, "limits": {"time": "55s"})");  // longer than the test waits
    {
      RawClient client = server->connect();
      client.send("GET /cgi/hang HTTP/1.1\r\nHost: t\r\n\r\n");
      (void)scripts.process_in("other");
    }
    CHECK(wait_for_end_of(scripts.process_in("pid")));
    CHECK(wait_for_end_of(scripts.process_in("other")));

    RawClient client = server->connect();
    client.send("GET /cgi/slow HTTP/1.1\r\nHost: t\r\n\r\n");
    client.half_close();
    (void)scripts.process_in("slow_pid");
    CHECK(client.read_response().status == 100);  // it was asked whether it is still there
    scripts.write("open", "", false);
    const RawResponse response = client.read_response();
    CHECK(response.status == 200);
    CHECK(response.body == "waited\n");
  }
}

TEST_CASE("no script outlives a worker that is killed, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const Scripts scripts;
    scripts.shell("hang", hang);
    const auto server = scripts.serve(model);
    RawClient client = server->connect();
    client.send("GET /cgi/hang HTTP/1.1\r\nHost: t\r\n\r\n");
    const pid_t script = scripts.process_in("pid");
    const pid_t other = scripts.process_in("other");
    for (const pid_t worker : server->workers(model)) REQUIRE(::kill(worker, SIGKILL) == 0);
    CHECK(wait_for_end_of(script));
    CHECK(wait_for_end_of(other));
  }
}

TEST_CASE("a script that runs is finished by a drain, and by a reload") {
  const Scripts scripts;
  scripts.shell("gate", head + "echo $$ > pid; while [ ! -e open ]; do sleep 0.02; done; echo passed");
  for (const int signal : {SIGHUP, SIGTERM}) {
    CAPTURE(signal);
    std::filesystem::remove(scripts.folder() / "bin/open");
    std::filesystem::remove(scripts.folder() / "bin/pid");
    const auto server = scripts.serve({2, 1}, "", R"("canary": {"percent": 0},)");
    RawClient client = server->connect();
    client.send("GET /cgi/gate HTTP/1.1\r\nHost: t\r\n\r\n");
    (void)scripts.process_in("pid");
    server->signal(signal);
    REQUIRE(eventually([&] { return has(server->standard_error(), signal == SIGHUP ? "reload: done" : "draining"); }));
    scripts.write("open", "", false);
    CHECK(client.read_response().body == "passed\n");
    if (signal == SIGHUP) server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("what a script has written is sent before it has ended, and output without bounds in bounded memory") {
  const Scripts scripts;
  scripts.shell("gate", head + "echo first; while [ ! -e open ]; do sleep 0.02; done; echo second");
  scripts.shell("large", head + "head -c 20000000 /dev/zero");
  scripts.shell("broken", head + "head -c 1000000 /dev/zero; kill -KILL $$");
  const auto server = scripts.serve({1, 1});
  RawClient client = server->connect();
  client.send("GET /cgi/gate HTTP/1.0\r\n\r\n");  // no chunks, so that the bytes can be counted
  std::string answer;
  while (!has(answer, "first\n")) answer += client.read_bytes(1);
  scripts.write("open", "", false);
  CHECK(client.read_until_close() == "second\n");
  CHECK(server->connect().get("/cgi/large").body.size() == 20'000'000);
  RawClient cut = server->connect();
  CHECK_THROWS((void)cut.get("/cgi/broken"));
}

TEST_CASE("only executable regular files below the root are scripts") {
  const Scripts scripts;
  scripts.shell("well", head + "echo $SCRIPT_NAME $PATH_INFO");
  scripts.shell("folder/deep", head + "echo $SCRIPT_NAME $PATH_INFO");
  scripts.shell(".hidden", head);
  scripts.write("text.txt", "text", false);
  scripts.write("by_extension.sh", head + "echo interpreted $1 $SCRIPT_NAME", false);
  const std::string outside = scripts.folder().write("outside", "#!/bin/sh\n" + head + "echo outside");
  std::filesystem::permissions(outside, std::filesystem::perms::owner_all);
  std::filesystem::create_symlink(outside, scripts.folder() / "bin/link_out");
  std::filesystem::create_symlink("well", scripts.folder() / "bin/link_in");
  const auto server = scripts.serve({1, 1}, R"(, "interpreters": {".sh": "/bin/sh"})");
  RawClient client = server->connect();
  CHECK(client.get("/cgi/well").body == "/cgi/well\n");
  CHECK(client.get("/cgi/well/").body == "/cgi/well /\n");
  CHECK(client.get("/cgi/folder/deep//a/../b").body == "/cgi/folder/deep //b\n");
  CHECK(client.get("/cgi/link_in").body == "/cgi/link_in\n");
  CHECK(client.get("/cgi/by_extension.sh").body == "interpreted /cgi/by_extension.sh\n");
  CHECK(client.get("/cgi/text.txt").status == 403);
  for (const char* path :
       {"", "folder", "folder/", ".hidden", "link_out", "nothing", "..%2foutside", "%2e%2e/outside", "well%2f..", "../outside"}) {
    CAPTURE(path);
    CHECK(client.get(std::string("/cgi/") + path).status == 404);
  }
}

TEST_CASE("a single program answers for every path of its route") {
  const Scripts scripts;
  scripts.shell("program", head + "echo \"[$SCRIPT_NAME] [$PATH_INFO]\"");
  const auto server = ServerProcess::run({1, 1}, scripts.folder(), R"("routes": [
    {"match": "/app/{path...}", "handler": "cgi", "options": {"program": "bin/program"}},
    {"match": "/tree/", "handler": "cgi", "options": {"program": "bin/program", "prefix": "/tree"}}])");
  RawClient client = server->connect();
  CHECK(client.get("/app/").body == "[/app] [/]\n");
  CHECK(client.get("/app/x/y").body == "[/app] [/x/y]\n");
  CHECK(client.get("/tree/z").body == "[/tree] [/z]\n");
}

TEST_CASE("options of scripts that cannot work are errors with their place") {
  const Scripts scripts;
  scripts.write("text", "no program", false);
  const auto report = [&](const std::string& options) {
    const std::string file =
        scripts.folder().write("ropeway.json", R"({"routes": [{"match": "/", "handler": "cgi", "options": {)" + options + "}}]}");
    const Finished finished = run_to_end({program(), "check", "--config", file}, scripts.folder().path().string());
    CHECK(finished.exit_code == 2);
    return finished.error;
  };
  CHECK(has(report(""), "name either `root`"));
  CHECK(has(report(R"("root": "bin", "program": "bin/text")"), "name either `root`"));
  CHECK(has(report(R"("root": "nowhere")"), "there is no folder"));
  CHECK(has(report(R"("program": "bin/text")"), "chmod +x"));
  CHECK(has(report(R"("program": "bin/none")"), "there is no file"));
  CHECK(has(report(R"("root": "bin", "interpreters": {"py": "/bin/sh"})"), "with its dot"));
  CHECK(has(report(R"("root": "bin", "environment": {"A-B": "x"})"), "variable's name"));
  CHECK(has(report(R"("root": "bin", "limits": {"at_once": 0})"), "at_once"));
}

}  // namespace cgi_test
