// FastCGI: PHP-FPM, the real one.

#include <doctest/doctest.h>

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "tests/support/locations.hpp"
#include "tests/support/server_process.hpp"

namespace fastcgi_test {

using namespace ropeway::testing;

namespace {

constexpr const char* fpm_program = "/usr/sbin/php-fpm8.2";
constexpr Model one_worker{1, 2};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string post(const std::string& target, const std::string& body, const std::string& fields = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: name:81\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

// A folder with scripts and a PHP-FPM of three processes, on a unix socket in it.
class Php {
 public:
  Php() {
    const std::string user = ::getuid() == 0 ? "user = root\ngroup = root\n" : "";
    configuration_ = folder_.write("fpm.conf", "[global]\nerror_log = " + (folder_ / "fpm.log") + "\n[www]\nlisten = " + socket() +
                                                   "\npm = static\npm.max_children = 3\n" + user +
                                                   "php_admin_value[upload_max_filesize] = 16M\nphp_admin_value[post_max_size] = 16M\n"
                                                   "php_admin_value[sys_temp_dir] = " +
                                                   folder_.path().string() +
                                                   "\nphp_admin_flag[display_errors] = off\nphp_admin_flag[log_errors] = on\n");
    std::filesystem::create_directories(folder_.path() / "site");
    start();
  }
  void start() {
    process_ = std::make_unique<ChildProcess>(std::vector<std::string>{fpm_program, "-F", "-R", "-n", "-y", configuration_},
                                              folder_.path().string());
    REQUIRE(eventually([&] { return is_listening(SocketAddress::from_url("unix:" + socket())); }));
  }
  void stop() {
    process_->signal(SIGTERM);
    CHECK(process_->wait() == 0);
    process_.reset();
  }

  [[nodiscard]] std::string socket() const { return folder_ / "fpm.sock"; }
  [[nodiscard]] const TemporaryFolder& folder() const noexcept { return folder_; }
  void write(const std::string& name, const std::string& text) const { (void)folder_.write("site/" + name, text); }
  void script(const std::string& name, const std::string& code) const { write(name, "<?php " + code); }

  // The options of the handler, and more of them.
  [[nodiscard]] std::string options(const std::string& more = "") const {
    return R"({"server": "unix:)" + socket() + R"(", "root": ")" + (folder_ / "site") + '"' + more + "}";
  }
  [[nodiscard]] std::unique_ptr<ServerProcess> serve(const Model& model, const std::string& more = "",
                                                     const std::string& members = "") const {
    return ServerProcess::run(model, folder_,
                              members + R"("routes": [
      {"match": "/ok", "handler": "fixed_response", "options": {"body": "answer"}},
      {"match": "/app/{path...}", "handler": "fastcgi", "options": )" +
                                  options(more) + R"(},
      {"match": "/site/{path...}", "try": [
        {"handler": "static_files", "options": {"root": "site", "exclude": ["*.php"]}},
        {"handler": "fastcgi", "options": )" +
                                  options(more + R"(, "fallback": "/index.php")") + "}]}]");
  }

 private:
  TemporaryFolder folder_;
  std::string configuration_;
  std::unique_ptr<ChildProcess> process_;
};

bool logs(const ServerProcess& server, const std::string& part) {
  return eventually([&] { return has(server.standard_error(), part); }, std::chrono::seconds(10));
}

// Whether the file comes to hold something that ends a line.
bool is_written(const std::string& path) {
  return eventually([&] { return std::filesystem::exists(path) && read_file(path).ends_with('\n'); });
}

const bool is_missing = !std::filesystem::exists(fpm_program);

}  // namespace

TEST_CASE("scripts of PHP-FPM answer GET, HEAD and POST, in every model" * doctest::skip(is_missing)) {
  const Php php;
  php.script("hello.php",
             "header('X-Own: one'); header('Content-Type: text/plain'); echo $_SERVER['REQUEST_METHOD'], ' ', $_GET['a'] ?? '-';");
  php.script("form.php", "http_response_code(201); echo $_POST['name'], '|', implode(',', $_POST['list'] ?? []);");
  php.script("length.php", "echo strlen(file_get_contents('php://input')), ' ', $_SERVER['CONTENT_LENGTH'];");
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = php.serve(model);
    RawClient client = server->connect();
    const RawResponse got = client.get("/app/hello.php?a=b%20c");
    CHECK(got.status == 200);
    CHECK(got.field("Content-Type") == "text/plain;charset=UTF-8");
    CHECK(got.field("X-Own") == "one");
    CHECK(got.body == "GET b c");
    const RawResponse head = client.exchange("HEAD /app/hello.php HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(head.status == 200);
    CHECK(head.field("X-Own") == "one");
    const std::string form = "name=J%C3%BCrgen+X&list[]=1&list[]=2";
    const RawResponse posted = client.exchange(post("/app/form.php", form, "Content-Type: application/x-www-form-urlencoded\r\n"));
    CHECK(posted.status == 201);
    CHECK(posted.body == "J\xC3\xBCrgen X|1,2");
    CHECK(client.exchange("POST /app/length.php HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
              .body == "5 5");
    CHECK(client.exchange(post("/app/length.php", "")).body == "0 0");
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("a file of 5 MB is uploaded to PHP, and an output of 20 MB comes back whole" * doctest::skip(is_missing)) {
  const Php php;
  php.script("upload.php", "echo $_FILES['f']['size'], ' ', md5_file($_FILES['f']['tmp_name']), ' ', $_POST['after'];");
  php.script("md5.php", "echo md5(file_get_contents('php://input'));");
  php.script("large.php", "for ($i = 0; $i < 20; $i++) echo str_repeat(chr(97 + $i), 1000000);");
  php.script("sized.php", "header('Content-Length: 3000000'); for ($i = 0; $i < 3; $i++) { echo str_repeat('x', 1000000); flush(); }");
  const auto server = php.serve(one_worker);
  RawClient client = server->connect();
  std::string file;
  for (int i = 0; file.size() < 5'000'000; ++i) file += std::to_string(i);
  const std::string sum = client.exchange(post("/app/md5.php", file)).body;
  CHECK(sum.size() == 32);
  const std::string form = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.txt\"\r\n\r\n" + file +
                           "\r\n--b\r\nContent-Disposition: form-data; name=\"after\"\r\n\r\nlast\r\n--b--\r\n";
  CHECK(client.exchange(post("/app/upload.php", form, "Content-Type: multipart/form-data; boundary=b\r\n")).body ==
        std::to_string(file.size()) + " " + sum + " last");
  const RawResponse large = client.get("/app/large.php");
  CHECK(large.body.size() == 20'000'000);
  CHECK(large.body.substr(19'999'990) == std::string(10, 't'));
  const RawResponse sized = client.get("/app/sized.php");
  CHECK(sized.field("Content-Length") == "3000000");
  CHECK(sized.body == std::string(3'000'000, 'x'));
}

TEST_CASE("PHP is told of the request what the standard says, and nothing that a client could harm it with" * doctest::skip(is_missing)) {
  const Php php;
  php.script("env.php",
             "foreach ($_SERVER as $name => $value) if (!is_array($value)) echo $name, '=', $value, \"\\n\"; echo 'getenv=', "
             "getenv('HTTP_PROXY');");
  const auto server = php.serve(one_worker, R"(, "params": {"APP_ENV": "prod"})", R"("trusted_proxies": ["127.0.0.1"], )");
  RawClient client = server->connect();
  const std::string told =
      client
          .exchange(post("/app/env.php/more/x%20y?q=1", "z",
                         "Proxy: evil\r\nAuthorization: Bearer t\r\nX-A: 1\r\nX-A: 2\r\nX_B: 3\r\nContent-Type: text/x\r\n"
                         "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"))
          .body;
  const std::string site = std::filesystem::canonical(php.folder().path() / "site").string();
  for (const std::string& line : {std::string("GATEWAY_INTERFACE=CGI/1.1"),
                                  std::string("SERVER_PROTOCOL=HTTP/1.1"),
                                  std::string("REQUEST_METHOD=POST"),
                                  std::string("QUERY_STRING=q=1"),
                                  std::string("SCRIPT_NAME=/app/env.php"),
                                  "SCRIPT_FILENAME=" + site + "/env.php",
                                  std::string("PATH_INFO=/more/x y"),
                                  "DOCUMENT_ROOT=" + (php.folder() / "site"),
                                  std::string("REQUEST_URI=/app/env.php/more/x%20y?q=1"),
                                  std::string("DOCUMENT_URI=/app/env.php/more/x y"),
                                  std::string("REDIRECT_STATUS=200"),
                                  std::string("HTTPS=on"),
                                  std::string("REQUEST_SCHEME=https"),
                                  std::string("CONTENT_LENGTH=1"),
                                  std::string("CONTENT_TYPE=text/x"),
                                  std::string("SERVER_NAME=name"),
                                  std::string("REMOTE_ADDR=192.0.2.1"),
                                  std::string("HTTP_X_A=1, 2"),
                                  std::string("HTTP_AUTHORIZATION=Bearer t"),
                                  std::string("APP_ENV=prod"),
                                  std::string("PHP_SELF=/app/env.php/more/x y")}) {
    CAPTURE(line);
    CHECK(has("\n" + told, "\n" + line + "\n"));
  }
  for (const char* name : {"HTTP_PROXY", "HTTP_X_B", "evil"}) {
    CAPTURE(std::string(name));
    CHECK_FALSE(has(told, std::string(name) + "="));
  }
  CHECK_FALSE(has(told, "evil"));
}

TEST_CASE("cookies, redirects and statuses of PHP reach the client" * doctest::skip(is_missing)) {
  const Php php;
  php.script("cookies.php", "setcookie('a', '1'); setcookie('b', '2', ['httponly' => true]); echo $_COOKIE['c'] ?? 'none';");
  php.script("away.php", "header('Location: https://example.org/x');");
  php.script("local.php", "header('Location: /ok');");
  php.script("status.php", "http_response_code((int)$_GET['s']); echo 'content';");
  php.script("nothing.php", "http_response_code(204);");
  const auto server = php.serve(one_worker);
  RawClient client = server->connect();
  const RawResponse cookies = client.get("/app/cookies.php", "Cookie: c=3\r\n");
  CHECK(cookies.body == "3");
  std::string set;
  for (const auto& [name, value] : cookies.fields) set += name == "Set-Cookie" ? value + "|" : "";
  CHECK(set == "a=1|b=2; HttpOnly|");
  const RawResponse away = client.get("/app/away.php");
  CHECK(away.status == 302);
  CHECK(away.field("Location") == "https://example.org/x");
  const RawResponse local = client.get("/app/local.php");  // with other fields: for the client (RFC 3875 §6.2.2)
  CHECK(local.status == 302);
  CHECK(local.field("Location") == "/ok");
  for (const int status : {200, 404, 418, 503}) {
    const RawResponse response = client.get("/app/status.php?s=" + std::to_string(status));
    CHECK(response.status == status);
    CHECK(response.body == "content");
  }
  CHECK(client.get("/app/nothing.php").status == 204);
}

TEST_CASE("files beside the scripts are served, scripts run, and every other path is the front controller's" * doctest::skip(is_missing)) {
  const Php php;
  php.script("index.php", "echo 'front ', $_SERVER['REQUEST_URI'], ' ', $_SERVER['SCRIPT_NAME'], ' ', $_SERVER['PATH_INFO'] ?? 'none';");
  php.script("secret.php", "/* source */ http_response_code(404); echo 'no';");
  php.script("sub/index.php", "echo 'sub';");
  php.script("length.php", "echo strlen(file_get_contents('php://input'));");
  php.write("style.css", "css");
  php.write("upload/picture.jpg", "<?php echo 'executed';");
  php.write(".env", "password");
  const auto server = php.serve(one_worker);
  RawClient client = server->connect();
  CHECK(client.get("/site/style.css").body == "css");
  CHECK(client.get("/site/").body == "front /site/ /site/index.php none");
  CHECK(client.get("/site/index.php").body == "front /site/index.php /site/index.php none");
  CHECK(client.get("/site/index.php/a/b").body == "front /site/index.php/a/b /site/index.php /a/b");
  CHECK(client.get("/site/pretty/url?x=1").body == "front /site/pretty/url?x=1 /site/index.php none");
  CHECK(client.exchange(post("/site/pretty/url", "x")).body == "front /site/pretty/url /site/index.php none");
  CHECK(client.exchange(post("/site/length.php", std::string(1'000'000, 'x'))).body == "1000000");  // files have no use for it
  CHECK(client.get("/site/missing.css").body == "front /site/missing.css /site/index.php none");
  CHECK(client.get("/site/sub/").body == "sub");
  CHECK(client.get("/site/sub").field("Location") == "/site/sub/");
  CHECK(client.get("/site/upload/picture.jpg").body == "<?php echo 'executed';");  // as it is
  const RawResponse secret = client.get("/site/secret.php");                       // its own 404, and never its source
  CHECK(secret.status == 404);
  CHECK(secret.body == "no");
  for (const char* target : {"/site/upload/picture.jpg/x.php", "/site/.env", "/site/SECRET.PHP/x", "/app/style.css", "/app/missing",
                             "/app/upload/picture.jpg", "/app/..%2ffpm.conf"}) {
    CAPTURE(std::string(target));
    const RawResponse response = client.get(target);
    CHECK((response.status == 404 || response.body.starts_with("front ")));
    CHECK_FALSE(has(response.body, "executed"));
    CHECK_FALSE(has(response.body, "password"));
  }
  CHECK(client.get("/site/upload/picture.jpg/x.php").status == 404);
  CHECK(client.get("/site/.env").status == 404);
  CHECK(server->connect().get("/site/upload/picture.jpg%00.php").status == 400);
}

TEST_CASE("what goes wrong in a script is logged with the route, and the client learns nothing of it" * doctest::skip(is_missing)) {
  const Php php;
  php.script("warns.php", "error_log(\"first\\nsecond\"); echo 'fine';");
  php.script("fatal.php", "nonsense();");
  const auto server = php.serve(one_worker);
  RawClient client = server->connect();
  CHECK(client.get("/app/warns.php").body == "fine");
  CHECK(logs(*server, "PHP message: first"));
  CHECK(logs(*server, "second"));
  const RawResponse fatal = client.get("/app/fatal.php");
  CHECK(fatal.status == 500);
  CHECK_FALSE(has(fatal.body, "nonsense"));
  CHECK(logs(*server, "undefined function nonsense()"));
  CHECK(has(server->standard_error(), "/routes/1"));
  CHECK(has(server->standard_error(), "/app/fatal.php"));
}

TEST_CASE("PHP-FPM may end and begin again, also while connections are kept" * doctest::skip(is_missing)) {
  Php php;
  php.script("pid.php", "echo 'alive';");
  const auto server = php.serve(one_worker, R"(, "keep": "30s")");
  RawClient client = server->connect();
  for (int i = 0; i < 10; ++i) CHECK(client.get("/app/pid.php").body == "alive");
  php.stop();
  CHECK(client.get("/app/pid.php").status == 502);
  CHECK(logs(*server, "no connection"));
  php.start();
  for (int i = 0; i < 10; ++i) CHECK(client.get("/app/pid.php").body == "alive");
}

TEST_CASE("a kept connection serves one request after another" * doctest::skip(is_missing)) {
  const Php php;
  php.script("pid.php", "echo getmypid();");
  php.script("length.php", "echo strlen(file_get_contents('php://input')), ' ', getmypid();");
  const auto server = php.serve(one_worker, R"(, "keep": "30s")");
  RawClient client = server->connect();
  const std::string pid = client.get("/app/pid.php").body;  // a process of PHP-FPM has a connection as long as it is open
  for (int i = 0; i < 20; ++i) CHECK(client.get("/app/pid.php").body == pid);
  CHECK(client.exchange(post("/app/length.php", std::string(300'000, 'x'))).body == "300000 " + pid);
  CHECK(client.get("/app/pid.php").body == pid);
}

TEST_CASE("a slow script's output comes as it is written, and the script learns that its client has gone" * doctest::skip(is_missing)) {
  const Php php;
  const std::string ended = php.folder() / "ended";
  php.script("slow.php", "register_shutdown_function(fn() => file_put_contents('" + ended +
                             "', \"yes\\n\")); echo 'begin'; flush(); for (;;) { echo '.'; flush(); usleep(20000); }");
  const auto server = php.serve(one_worker);
  {
    RawClient client = server->connect();
    client.send("GET /app/slow.php HTTP/1.0\r\n\r\n");
    std::string text;
    while (!text.ends_with("begin...")) text += client.read_bytes(1);
    CHECK_FALSE(std::filesystem::exists(ended));
  }
  CHECK(is_written(ended));
}

TEST_CASE("the fastcgi example serves its files, and its front controller answers for all other paths" *
          doctest::skip(is_missing || ::getuid() != 0)) {
  const TemporaryFolder folder;
  std::filesystem::copy(source_folder() + "/examples/fastcgi", folder.path(), std::filesystem::copy_options::recursive);
  const auto changed = [&](const std::string& name, std::initializer_list<std::pair<std::string, std::string>> changes) {
    std::string text = read_file(folder / name);
    for (const auto& [from, to] : changes) {
      REQUIRE(has(text, from));
      for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
    }
    return folder.write(name, text);
  };
  const std::string socket = folder / "app.sock";
  const std::string pool = changed("fpm.conf", {{"www-data", "root"}, {"/run/php/app.sock", socket}});
  const ChildProcess fpm({fpm_program, "-F", "-R", "-n", "-y", pool}, folder.path().string());
  REQUIRE(eventually([&] { return is_listening(SocketAddress::from_url("unix:" + socket)); }));
  const std::string file = changed("ropeway.json", {{"/run/php/app.sock", socket}, {"127.0.0.1:8000", "127.0.0.1:0"}});
  const ServerProcess server({"run", "--config", file}, folder.path().string());
  RawClient client = server.connect();
  CHECK(client.get("/style.css").body == read_file(folder / "site/style.css"));
  CHECK(client.get("/pretty/url?x=1").body == "This is GET /pretty/url?x=1, in prod\n");
  CHECK(client.get("/").body == "This is GET /, in prod\n");
  CHECK(client.get("/index.php").body == "This is GET /index.php, in prod\n");
  CHECK(client.get("/INDEX.PHP").body == "This is GET /INDEX.PHP, in prod\n");
}

}  // namespace fastcgi_test
