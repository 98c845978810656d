#include "handlers/uploads/uploads.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "tests/handlers/uploads/store.hpp"

namespace ropeway::handlers {

using testing::RequestBuilder;

TEST_CASE("PUT stores a file, says whether it is new, and gives the tag that serving it has") {
  const Store store;
  const Response created = store.call(RequestBuilder("PUT", "/deep/er/a%20b.txt").body("first"));
  CHECK(created.status() == Status::created);
  CHECK(read_file(store / "deep/er/a b.txt") == "first");
  const ServedFolder served(store.folder / "root");
  CHECK(served.get("/deep/er/a%20b.txt").headers().find("ETag") == created.headers().find("ETag"));
  const Response replaced = store.call(RequestBuilder("PUT", "/deep/er/a%20b.txt").body("second"));
  CHECK(replaced.status() == Status::no_content);
  CHECK(replaced.headers().find("ETag") != created.headers().find("ETag"));
  CHECK(read_file(store / "deep/er/a b.txt") == "second");
  CHECK(store.put("/empty", "") == 201);
  CHECK(std::filesystem::file_size(store / "empty") == 0);
  const std::string large(3'000'000, 'l');
  CHECK(store.put("/large", large) == 201);
  CHECK(read_file(store / "large") == large);
  CHECK(names_in(store / "deep/er") == std::vector<std::string>{"a b.txt"});
}

TEST_CASE("DELETE removes a file and nothing else") {
  const Store store;
  CHECK(store.put("/folder/file", "x") == 201);
  CHECK(store.remove("/folder/missing") == 404);
  CHECK(store.remove("/nowhere/file") == 404);
  CHECK(store.remove("/folder") == 409);
  CHECK(store.remove("/folder/") == 409);
  CHECK(store.remove("/") == 409);
  CHECK(store.remove("/folder/file") == 204);
  CHECK(names_in(store / "folder").empty());
  CHECK_FALSE(std::filesystem::exists(store / "nowhere"));
}

TEST_CASE("conditions protect from lost updates (RFC 9110 §13.1.1, §13.1.2)") {
  const Store store;
  const auto conditional = [&](const char* method, const char* field, std::string_view value) {
    return code(store.call(RequestBuilder(method, "/file").header(field, value).body("new")).status());
  };
  CHECK(conditional("PUT", "If-Match", "*") == 412);
  CHECK(conditional("PUT", "If-Match", "\"x\"") == 412);
  CHECK_FALSE(std::filesystem::exists(store / "file"));
  CHECK(conditional("PUT", "If-None-Match", "*") == 201);
  CHECK(conditional("PUT", "If-None-Match", "*") == 412);
  const Response current = store.call(RequestBuilder("PUT", "/file").body("current"));
  const std::string tag(*current.headers().find("ETag"));
  CHECK(conditional("PUT", "If-Match", "\"x\"") == 412);
  CHECK(conditional("PUT", "If-Match", "W/" + tag) == 412);
  CHECK(conditional("PUT", "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT") == 412);
  CHECK(conditional("DELETE", "If-Match", "\"x\"") == 412);
  CHECK(read_file(store / "file") == "current");
  CHECK(conditional("PUT", "If-Match", tag) == 204);
  CHECK(conditional("DELETE", "If-Match", tag) == 412);  // it is another by now
  CHECK(conditional("DELETE", "If-Match", "*") == 204);
  CHECK(names_in(store.folder / "root").empty());
}

TEST_CASE("what cannot be stored is refused, and leaves nothing behind") {
  Store store(R"("max_bytes": "10", "create_folders": false)");
  store.folder.write("outside/secret", "secret");
  store.folder.write("root/folder/x", "x");
  std::filesystem::create_directory_symlink(store.folder / "outside", store / "out");
  std::filesystem::create_symlink(store.folder / "outside/secret", store / "link");
  REQUIRE(::mkfifo((store / "fifo").c_str(), 0600) == 0);
  CHECK(store.put("/file", "12345678901") == 413);
  CHECK(store.put("/file", "1234567890") == 201);
  CHECK(store.put("/missing/file", "x") == 404);
  CHECK(store.put("/file/below", "x") == 409);
  CHECK(store.put("/folder", "x") == 409);
  CHECK(store.put("/folder/", "x") == 409);
  CHECK(store.put("/fifo", "x") == 409);
  CHECK(store.put("/out/secret", "x") == 404);
  CHECK(store.put("/link", "x") == 409);
  CHECK(store.put("/.hidden", "x") == 404);
  CHECK(store.put("/folder%2Fy", "x") == 404);
  CHECK(store.put(("/" + std::string(300, 'n')).c_str(), "x") == 400);
  CHECK(code(store.call(RequestBuilder("PUT", "/file").header("Content-Range", "bytes 0-0/2").body("x")).status()) == 400);
  CHECK(read_file(store.folder / "outside/secret") == "secret");
  CHECK(names_in(store.folder / "root") == std::vector<std::string>{"fifo", "file", "folder", "link", "out"});

  const Response other = store.call(RequestBuilder("PATCH", "/file").body("x"));
  CHECK(other.status() == Status::method_not_allowed);
  CHECK(other.headers().find("Allow") == "PUT, POST, DELETE, OPTIONS");
  CHECK(store.call(RequestBuilder("OPTIONS", "/file")).status() == Status::no_content);
}

TEST_CASE("a file that the system does not take to its end leaves the old one as it was") {
  const Store store;
  CHECK(store.put("/file", "old") == 201);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit little = before;
  little.rlim_cur = 500'000;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &little) == 0);
  const unsigned status = store.put("/file", std::string(1'000'000, 'n'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(status == 413);
  CHECK(read_file(store / "file") == "old");
  CHECK(names_in(store.folder / "root") == std::vector<std::string>{"file"});
}

TEST_CASE("a form's files are stored in the folder that its path names, and existing ones are kept") {
  const Store store;
  const auto post = [&store](const char* target, const std::string& parts) {
    return store.call(RequestBuilder("POST", target).header("Content-Type", "multipart/form-data; boundary=b").body(parts + "--b--\r\n"));
  };
  const auto file = [](const std::string& name, const std::string& content) {
    return "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" + name + "\"\r\nContent-Type: text/plain\r\n\r\n" + content +
           "\r\n";
  };
  const std::string field = "--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nof a field\r\n";
  Response created =
      post("/photos/", file("a.jpg", "first") + field + file("C:\\\\temp\\\\b.jpg", "") + file("../../c.jpg", std::string(400'000, 'c')));
  CHECK(created.status() == Status::created);
  CHECK(testing::body_of(std::move(created)) ==
        "{\"files\":[{\"name\":\"a.jpg\",\"size\":5},{\"name\":\"b.jpg\",\"size\":0},{\"name\":\"c.jpg\",\"size\":400000}]}\n");
  CHECK(names_in(store / "photos") == std::vector<std::string>{"a.jpg", "b.jpg", "c.jpg"});
  CHECK(read_file(store / "photos/a.jpg") == "first");
  CHECK(post("/photos", file("a.jpg", "second")).status() == Status::conflict);
  CHECK(read_file(store / "photos/a.jpg") == "first");
  CHECK(post("/", field).status() == Status::bad_request);
  CHECK(post("/", file("", "nothing chosen")).status() == Status::bad_request);
  for (const char* name : {".hidden", "..", "a/..", "x/"}) CHECK(post("/", file(name, "x")).status() == Status::bad_request);
  CHECK(store.call(RequestBuilder("POST", "/").header("Content-Type", "text/plain").body("x")).status() == Status::unsupported_media_type);
  const Store replacing(R"("replace": true)");
  const auto request = [&] { return RequestBuilder("POST", "/").header("Content-Type", "multipart/form-data; boundary=b"); };
  CHECK(replacing.call(request().body(file("a", "1") + "--b--")).status() == Status::created);
  CHECK(replacing.call(request().body(file("a", "2") + "--b--")).status() == Status::created);
  CHECK(read_file(replacing / "a") == "2");
  CHECK(replacing.call(request().body(file("z", "cut off"))).status() == Status::bad_request);
  CHECK(names_in(replacing.folder / "root") == std::vector<std::string>{"a"});
}

TEST_CASE("a form's files are stored all together or not at all") {
  const Store store(R"("max_bytes": 1000)");
  store.folder.write("root/there", "old");
  const auto file = [](const std::string& name, const std::string& content) {
    return "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" + name + "\"\r\n\r\n" + content + "\r\n";
  };
  const auto post = [&store](const std::string& body) {
    return code(store.call(RequestBuilder("POST", "/").header("Content-Type", "multipart/form-data; boundary=b").body(body)).status());
  };
  const std::string first = file("first", "content");
  CHECK(post(first + file("there", "new") + "--b--") == 409);
  CHECK(post(first + file("first", "again") + "--b--") == 409);
  CHECK(post(first + file("..", "x") + "--b--") == 400);
  CHECK(post(first + file("large", std::string(1001, 'x')) + "--b--") == 413);
  CHECK(post(first) == 400);
  CHECK(post(first + "--bb") == 400);
  CHECK(names_in(store.folder / "root") == std::vector<std::string>{"there"});
  CHECK(read_file(store / "there") == "old");
  std::string many;
  for (int i = 0; i < 300; ++i) many += file(std::to_string(i), "x");
  CHECK(post(many + "--b--") == 201);
  CHECK(names_in(store.folder / "root").size() == 301);
}

TEST_CASE("conditions that do not hold leave no folders behind (RFC 9110 §13.2.1)") {
  const Store store;
  CHECK(code(store.call(RequestBuilder("PUT", "/deep/er/x").header("If-Match", "*").body("x")).status()) == 412);
  CHECK(names_in(store.folder / "root").empty());
  CHECK(code(store.call(RequestBuilder("PUT", "/deep/er/x").header("If-None-Match", "*").body("x")).status()) == 201);
}

TEST_CASE("a file that is replaced keeps its permissions") {
  const Store store;
  store.folder.write("root/private", "old");
  std::filesystem::permissions(store / "private", std::filesystem::perms(0600));
  CHECK(store.put("/private", "new") == 204);
  CHECK(std::filesystem::status(store / "private").permissions() == std::filesystem::perms(0600));
  CHECK(read_file(store / "private") == "new");
}

TEST_CASE("names under which uploads are written are nobody else's, and names hold no control characters") {
  const Store store(R"("dotfiles": true)");
  CHECK(store.put("/.ropeway-upload-1", "x") == 404);
  CHECK(store.put("/.ropeway-upload-1/x", "x") == 404);
  CHECK(store.put("/a/.ropeway-upload-1", "x") == 404);
  CHECK(store.remove("/.ropeway-upload-1") == 404);
  CHECK(store.put("/.other", "x") == 201);
  CHECK(store.put("/a%0ab", "x") == 400);
  store.folder.write("root/a\nb", "x");
  CHECK(store.remove("/a%0ab") == 204);
}

TEST_CASE("a root that is no folder is refused") {
  const TemporaryFolder folder;
  TestServices services;
  CHECK_THROWS_AS(Uploads(Store::options(folder.path(), ""), services), ConfigError);
}

}  // namespace ropeway::handlers
