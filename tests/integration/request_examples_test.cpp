// The examples about requests and responses, as a client sees them.

#include <doctest/doctest.h>

#include <csignal>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"

namespace ropeway::testing::request_examples_test {
namespace {

std::unique_ptr<ServerProcess> start(const std::string& example, const Model& model, const TemporaryFolder& folder,
                                     const std::function<void(nlohmann::json&)>& change = {}) {
  auto configuration = parsed_json(read_file(source_folder() + "/examples/" + example + "/ropeway.json"));
  configuration["processes"] = model.processes;
  configuration["threads"] = model.threads;
  configuration["listen"] = {"127.0.0.1:0"};
  if (change) change(configuration);
  return std::make_unique<ServerProcess>(std::vector<std::string>{"--config", folder.write("ropeway.json", configuration.dump(2))},
                                         folder.path().string(), example_program(example));
}

std::string post(const std::string& target, const std::string& type, const std::string& body) {
  return "POST " + target + " HTTP/1.1\r\nHost: t\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("the orders example takes, shows and lists orders, and says what is wrong with one") {
  for (const Model& model : {Model{0, 1}, Model{1, 2}}) {  // its orders are one process's
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start("orders", model, folder);
    RawClient client = server->connect();
    for (int i = 1; i <= 2; ++i) {
      const RawResponse added = client.exchange(post(
          "/v1/orders", "application/json", R"({"customer": "Ann )" + std::to_string(i) + R"(", "items": [{"name": "tea", "count": 2}]})"));
      CHECK(added.status == 201);
      CHECK(added.field("Location") == "/v1/orders/" + std::to_string(i));
    }
    CHECK(parsed_json(client.get("/v1/orders/1").body).at("customer") == "Ann 1");
    CHECK(client.get("/v1/orders?sort=newest&limit=1").body == R"([{"number":2,"customer":"Ann 2","items":1}])");
    CHECK(parsed_json(client.get("/v1/orders").body).size() == 2);

    const RawResponse wrong_member =
        client.exchange(post("/v1/orders", "application/json", R"({"customer": "Ann", "items": [{"name": 5, "count": 2}]})"));
    CHECK(wrong_member.status == 400);
    CHECK(wrong_member.body == "400 Bad Request\nThe content has the wrong type \"/items/0/name\": expected string, found number.\n");
    CHECK(client.exchange(post("/v1/orders", "application/json", "{")).status == 400);
    CHECK(client.exchange(post("/v1/orders", "text/plain", "{}")).status == 415);
    CHECK(client.exchange(post("/v1/orders", "application/json", R"({"customer": "Ann", "items": []})")).status == 422);
    CHECK(client.get("/v1/orders/7").status == 404);
    const RawResponse bad_number = client.get("/v1/orders/seven");
    CHECK(bad_number.status == 400);
    CHECK(bad_number.body.find("The path parameter \"number\" is \"seven\"; expected a whole number") != std::string::npos);
    CHECK(client.get("/v1/orders?sort=best").body.find("expected one of \"oldest\", \"newest\"") != std::string::npos);
  }
}

TEST_CASE("the login example lets in who knows the word, remembers him in all workers, and sends nobody elsewhere") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    folder.write("cookie.keys", "# made for a test\n" + std::string(64, 'a') + "\n" + std::string(64, 'b') + "\n");
    const auto server = start("login", model, folder);
    const std::string form = "application/x-www-form-urlencoded";
    const RawResponse stranger = server->connect().get("/");
    CHECK(stranger.status == 303);
    CHECK(stranger.field("Location") == "/login?next=%2F");
    CHECK(server->connect().get("/login?next=%22%3E").body.find("value=\"&quot;&gt;\"") != std::string::npos);
    CHECK(server->connect().exchange(post("/login", form, "user=Ann&password=guess")).status == 403);
    CHECK(server->connect().exchange(post("/login", form, "user=Ann&password=open+sesame&next=//evil.org")).status == 400);
    const RawResponse welcome = server->connect().exchange(post("/login", form, "user=Ann&password=open+sesame&next=/"));
    CHECK(welcome.status == 303);
    CHECK(welcome.field("Location") == "/");
    const std::string cookie = welcome.field("Set-Cookie");
    CHECK(cookie.starts_with("__Host-user="));
    CHECK(cookie.ends_with("; Path=/; SameSite=Lax; Secure; HttpOnly"));
    const std::string pair = cookie.substr(0, cookie.find(';'));
    for (int i = 0; i < 6; ++i) CHECK(server->connect().get("/", "Cookie: " + pair + "\r\n").body == "Hello, Ann!\n");
    CHECK(server->connect().get("/", "Cookie: " + pair + "x\r\n").status == 303);
  }
}

TEST_CASE("keys for cookies that are missing or unfit are told with their place before the server starts") {
  const TemporaryFolder folder;
  folder.write("cookie.keys", "abcd\n");
  const struct {
    const char* options;
    const char* words;
  } cases[] = {
      {R"({"cookie_keys": {"file": "none.keys"}})", "none.keys: No such file"},
      {R"({"cookie_keys": {"file": "cookie.keys"}})", "must have 32 bytes at least"},
      {R"({"cookie_keys": {"environment": "ROPEWAY_TEST_NO_SUCH_KEYS"}})", "ROPEWAY_TEST_NO_SUCH_KEYS is not set"},
      {R"({"cookie_keys": {"file": "a", "environment": "B"}})", "keep one of them"},
      {"{}", "names no keys"},
  };
  for (const auto& [options, words] : cases) {
    CAPTURE(options);
    const std::string file = folder.write(
        "ropeway.json", R"({"routes": [{"match": "POST /login", "handler": "login", "options": )" + std::string(options) + "}]}");
    ChildProcess check({example_program("login"), "check", "--config", file}, folder.path().string());
    CHECK(check.wait() != 0);
    const std::string told = check.standard_output() + check.standard_error();
    CHECK(told.find(words) != std::string::npos);
    CHECK(told.find("ropeway.json:1:") != std::string::npos);
  }
}

TEST_CASE("the clock ticks, goes on where a client has left it, and ends at once when the server does") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start("sse_clock", model, folder, [](nlohmann::json& root) { root["routes"][0]["options"] = {{"every", "5ms"}}; });
    RawClient client = server->connect();
    client.send("GET /clock HTTP/1.1\r\nHost: t\r\nLast-Event-ID: 41\r\n\r\n");
    std::string text;
    while (text.find("data: 43\n\n") == std::string::npos) text += client.read_bytes(1);
    CHECK(text.find("Content-Type: text/event-stream") != std::string::npos);
    CHECK(text.find("event: tick\nid: 42\nretry: 1000\ndata: 42\n\n") != std::string::npos);
    const auto before = std::chrono::steady_clock::now();
    server->signal(SIGTERM);
    CHECK(client.read_until_close().ends_with("0\r\n\r\n"));
    CHECK(server->wait() == 0);
    CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(10));  // not `timeouts.drain`
  }
}

}  // namespace ropeway::testing::request_examples_test
