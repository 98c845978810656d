#include "handlers/uploads/resumable_uploads.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include <ropeway/json_document.hpp>

#include <ropeway/http_error.hpp>

#include "handlers/uploads/file_steps.hpp"
#include "tests/handlers/uploads/store.hpp"

namespace ropeway::handlers {
namespace resumable_uploads_test {

using testing::RequestBuilder;

std::string field(const Response& response, std::string_view name) { return std::string(response.headers().find(name).value_or("")); }

RequestBuilder begun(const char* method, const char* target, const char* ends, std::string_view content) {
  return RequestBuilder(method, target).header("Upload-Complete", ends).body(content);
}

RequestBuilder part(const std::string& place, std::string_view offset, const char* ends, std::string_view content) {
  return RequestBuilder("PATCH", place)
      .header("Content-Type", "Application/Partial-Upload")
      .header("Upload-Offset", offset)
      .header("Upload-Complete", ends)
      .body(content);
}

/// The places of parts that are kept.
std::size_t parts_of(const Store& store) {
  const auto folder = store.folder.path() / "root" / PartialUploads::folder_name;
  return std::filesystem::exists(folder) ? names_in(folder).size() : 0;
}

std::string problem_of(Response response) {
  CHECK(field(response, "Content-Type") == "application/problem+json");
  const auto json = nlohmann::json::parse(testing::body_of(std::move(response)));
  const std::string type = json["type"];
  return type.substr(type.find('#') + 1);
}

TEST_CASE("an upload in several parts becomes a file with the last of them") {
  const Store store;
  const Response created = store.call(begun("PUT", "/deep/a%20b.txt", "?0", "first, ").header("Upload-Length", "20"));
  CHECK(created.status() == Status::created);
  CHECK(field(created, "Upload-Complete") == "?0");
  CHECK(field(created, "Upload-Offset") == "7");
  CHECK(field(created, "Upload-Limit") == "max-size=1099511627776, max-age=86400");
  const std::string place = field(created, "Location");
  CHECK(place.starts_with("/.ropeway-upload-parts/"));
  CHECK_FALSE(std::filesystem::exists(store / "deep/a b.txt"));
  const Response second = store.call(part(place, "7", "?0", "second, "));
  CHECK(second.status() == Status::no_content);
  CHECK(field(second, "Upload-Offset") == "15");
  const Response seen = store.call(RequestBuilder("HEAD", place));
  CHECK(seen.status() == Status::no_content);
  CHECK(field(seen, "Upload-Offset") == "15");
  CHECK(field(seen, "Upload-Complete") == "?0");
  CHECK(field(seen, "Upload-Length") == "20");
  CHECK(field(seen, "Cache-Control") == "no-store");
  const Response stored = store.call(part(place, "15", "?1", "third"));
  CHECK(stored.status() == Status::created);
  CHECK(field(stored, "Upload-Complete") == "?1");
  CHECK(read_file(store / "deep/a b.txt") == "first, second, third");
  const ServedFolder served(store.folder / "root");
  CHECK(served.get("/deep/a%20b.txt").headers().find("ETag") == stored.headers().find("ETag"));
  // Who has not received that answer finds out.
  const Response after = store.call(RequestBuilder("HEAD", place));
  CHECK(field(after, "Upload-Complete") == "?1");
  CHECK(field(after, "Upload-Offset") == "20");
  CHECK(problem_of(store.call(part(place, "20", "?1", ""))) == "completed-upload");
  CHECK(read_file(store / "deep/a b.txt") == "first, second, third");
  CHECK(code(store.call(RequestBuilder("DELETE", place)).status()) == 204);
  CHECK(std::filesystem::exists(store / "deep/a b.txt"));
  CHECK(parts_of(store) == 0);
}

TEST_CASE("an upload that comes whole is answered as one that cannot go on") {
  const Store store;
  const Response created = store.call(begun("PUT", "/file", "?1", "all of it"));
  CHECK(created.status() == Status::created);
  CHECK(field(created, "Upload-Complete") == "?1");
  CHECK(read_file(store / "file") == "all of it");
  CHECK(code(store.call(begun("PUT", "/file", "?1; x=y", "again")).status()) == 204);
  CHECK(code(store.call(begun("PUT", "/empty", "?1", "")).status()) == 201);
  CHECK(std::filesystem::file_size(store / "empty") == 0);
  const std::string large(700'000, 'l');
  CHECK(code(store.call(begun("PUT", "/large", "?1", large)).status()) == 201);
  CHECK(read_file(store / "large") == large);
  // A value that is none is ignored.
  for (const char* value : {"1", "?2", "true", "?1, ?0", ""}) {
    CAPTURE(std::string(value));
    const Response plain = store.call(begun("PUT", "/file", value, "plain"));
    CHECK(field(plain, "Upload-Complete").empty());
    CHECK(read_file(store / "file") == "plain");
  }
}

TEST_CASE("POST makes a new file, and does not replace one") {
  const Store store;
  CHECK(code(store.call(begun("POST", "/file", "?1", "new")).status()) == 201);
  CHECK(code(store.call(begun("POST", "/file", "?1", "other")).status()) == 409);
  const std::string place = field(store.call(begun("POST", "/late", "?0", "a")), "Location");
  CHECK(store.put("/late", "in between") == 201);
  const Response refused = store.call(part(place, "1", "?1", "b"));
  CHECK(refused.status() == Status::conflict);
  CHECK(field(refused, "Upload-Complete") == "?1");
  CHECK(read_file(store / "late") == "in between");
  CHECK(code(store.call(RequestBuilder("HEAD", place)).status()) == 404);
  const Store replacing(R"("replace": true)");
  CHECK(code(replacing.call(begun("POST", "/file", "?1", "one")).status()) == 201);
  CHECK(code(replacing.call(begun("POST", "/file", "?1", "two")).status()) == 204);
}

TEST_CASE("conditions count until the upload is complete") {
  const Store store;
  CHECK(code(store.call(begun("PUT", "/file", "?1", "x").header("If-Match", "*")).status()) == 412);
  CHECK(parts_of(store) == 0);
  const Response old = store.call(RequestBuilder("PUT", "/file").body("old"));
  const std::string tag = field(old, "ETag");
  const std::string place = field(store.call(begun("PUT", "/file", "?0", "a").header("If-Match", tag)), "Location");
  const std::string lost = field(store.call(begun("PUT", "/file", "?0", "b").header("If-Match", tag)), "Location");
  CHECK(code(store.call(part(place, "1", "?1", "a")).status()) == 204);
  CHECK(code(store.call(part(lost, "1", "?1", "b")).status()) == 412);
  CHECK(read_file(store / "file") == "aa");
}

TEST_CASE("parts that do not belong there are refused, and the upload goes on") {
  const Store store(R"("max_bytes": 20)");
  const std::string place = field(store.call(begun("PUT", "/file", "?0", "0123").header("Upload-Length", "10")), "Location");
  Response conflict = store.call(part(place, "5", "?0", "x"));
  CHECK(conflict.status() == Status::conflict);
  CHECK(field(conflict, "Upload-Offset") == "4");
  CHECK(problem_of(std::move(conflict)) == "mismatching-upload-offset");
  CHECK(code(store.call(RequestBuilder("PATCH", place).header("Upload-Offset", "4").header("Upload-Complete", "?0").body("x")).status()) ==
        415);
  CHECK(code(store.call(part(place, "x", "?0", "x")).status()) == 400);
  CHECK(code(store.call(part(place, "-4", "?0", "x")).status()) == 400);
  CHECK(code(store.call(part(place, "4", "yes", "x")).status()) == 400);
  CHECK(problem_of(store.call(part(place, "4", "?0", "x").header("Upload-Length", "11"))) == "inconsistent-upload-length");
  CHECK(problem_of(store.call(part(place, "4", "?1", "x").header("Content-Length", "1"))) == "inconsistent-upload-length");
  CHECK(field(store.call(RequestBuilder("HEAD", place)), "Upload-Offset") == "4");
  CHECK(code(store.call(RequestBuilder("GET", place)).status()) == 405);
  CHECK(code(store.call(RequestBuilder("PUT", place).body("x")).status()) == 405);
  const Response options = store.call(RequestBuilder("OPTIONS", place));
  CHECK(field(options, "Allow") == "HEAD, PATCH, DELETE, OPTIONS");
  CHECK(field(options, "Accept-Patch") == "application/partial-upload");
  CHECK(code(store.call(part(place, "4", "?1", "456789")).status()) == 201);
  CHECK(read_file(store / "file") == "0123456789");
}

TEST_CASE("an upload that grows past what was said, or may be, is given up") {
  const Store store(R"("max_bytes": 20)");
  const std::string place = field(store.call(begun("PUT", "/file", "?0", "0123").header("Upload-Length", "10")), "Location");
  CHECK(problem_of(store.call(part(place, "4", "?0", "4567890"))) == "inconsistent-upload-length");
  CHECK(code(store.call(RequestBuilder("HEAD", place)).status()) == 404);
  const std::string other = field(store.call(begun("PUT", "/file", "?0", "0123")), "Location");
  const Response large = store.call(part(other, "4", "?0", std::string(17, 'x')));
  CHECK(large.status() == Status::content_too_large);
  CHECK(field(large, "Upload-Limit") == "max-size=20, max-age=86400");
  CHECK(code(store.call(RequestBuilder("HEAD", other)).status()) == 404);
  CHECK(code(store.call(begun("PUT", "/file", "?0", "x").header("Upload-Length", "21")).status()) == 413);
  CHECK(problem_of(store.call(begun("PUT", "/file", "?1", "x").header("Content-Length", "1").header("Upload-Length", "2"))) ==
        "inconsistent-upload-length");
  CHECK(parts_of(store) == 0);
  CHECK_FALSE(std::filesystem::exists(store / "file"));
}

TEST_CASE("nobody reaches an upload without its token, and parts are no files") {
  const Store store(R"("dotfiles": true)");
  const std::string place = field(store.call(begun("PUT", "/file", "?0", "secret")), "Location");
  const std::string none = place.substr(0, place.size() - 32) + std::string(32, '0');
  for (const char* method : {"HEAD", "DELETE"}) CHECK(code(store.call(RequestBuilder(method, none)).status()) == 404);
  CHECK(code(store.call(part(none, "0", "?1", "x")).status()) == 404);
  CHECK(store.put((place + ".part").c_str(), "x") == 404);
  CHECK(store.remove((place + ".json").c_str()) == 404);
  const ServedFolder served(store.folder / "root", R"("dotfiles": true, "listing": true)");
  CHECK(code(served.get(place + ".json").status()) == 404);
  CHECK(code(served.get("/.ropeway-upload-parts/").status()) == 404);
  CHECK(testing::body_of(served.get("/")).find("ropeway-upload") == std::string::npos);
  CHECK(code(store.call(RequestBuilder("DELETE", place)).status()) == 204);
  CHECK(parts_of(store) == 0);
}

TEST_CASE("an upload goes on in the folder that has the root's name by then") {
  const Store store;
  TestServices services;
  const Uploads other(Store::options(store.folder.path(), ""), services);  // of another worker
  CHECK(code(testing::call(other, begun("PUT", "/file", "?0", "old")).status()) == 201);
  std::filesystem::rename(store.folder / "root", store.folder / "before");
  std::filesystem::create_directory(store.folder / "root");
  const std::string place = field(store.call(begun("PUT", "/file", "?0", "new")), "Location");
  CHECK(code(testing::call(other, part(place, "3", "?1", "er")).status()) == 201);
  CHECK(read_file(store / "file") == "newer");
}

TEST_CASE("there are so many uploads at once, then they come in one piece or not at all") {
  const Store store(R"("resumable": {"uploads": 1})");
  CHECK(code(store.call(begun("PUT", "/one", "?0", "x")).status()) == 201);
  CHECK(code(store.call(begun("PUT", "/two", "?0", "x")).status()) == 503);
  const Response whole = store.call(begun("PUT", "/three", "?1", "whole"));
  CHECK(whole.status() == Status::created);
  CHECK(field(whole, "Upload-Complete").empty());
  CHECK(read_file(store / "three") == "whole");
  const Store never(R"("resumable": {"keep": 0})");
  CHECK(code(never.call(begun("PUT", "/file", "?0", "x")).status()) == 201);
  CHECK(field(never.call(RequestBuilder("OPTIONS", "/file")), "Accept-Patch").empty());
  CHECK(parts_of(never) == 0);
}

struct Uploading {
  Uploading() : root(folder.path().string(), Root::Links::confined), uploads(root, {std::chrono::hours(1), 10, true}) {}
  UploadTarget target() const {
    RelativePath path;
    REQUIRE(path.assign("file", RelativePath::Dotfiles::hidden));
    return {root, path, false};
  }
  std::unique_ptr<PartialUpload> begin() const { return uploads.begin(target(), UploadState{"file", {}, {}, false, false, 0}); }
  std::filesystem::path parts() const { return folder.path() / PartialUploads::folder_name; }

  TemporaryFolder folder;
  Root root;
  PartialUploads uploads;
};

TEST_CASE("who takes an upload over shuts out whoever was at it") {
  const Uploading uploading;
  const auto first = uploading.begin();
  first->append("first");
  const auto second = uploading.uploads.take_over(first->token());
  CHECK(second->size() == 5);
  CHECK_THROWS_AS(first->append("late"), HttpError);
  CHECK_THROWS_AS((void)first->complete(uploading.target(), [] {}), HttpError);
  CHECK_THROWS_AS(first->remove(), HttpError);
  second->append(" second");
  (void)second->complete(uploading.target(), [] {});
  CHECK_THROWS_AS(first->append("late"), HttpError);
  CHECK(read_file(uploading.folder.path() / "file") == "first second");
  const auto third = uploading.begin();
  uploading.uploads.take_over(third->token())->remove();
  CHECK_THROWS_AS(third->append("late"), HttpError);
  CHECK_THROWS_AS((void)uploading.uploads.take_over(third->token()), HttpError);
}

TEST_CASE("uploads that nobody goes on with are removed, others stay") {
  const Uploading uploading;
  uploading.uploads.sweep();  // there is no folder
  const auto kept = uploading.begin();
  const auto left = uploading.begin();
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(2);
  for (const char* kind : {".part", ".json"}) std::filesystem::last_write_time(uploading.parts() / (left->token() + kind), old);
  std::filesystem::last_write_time(uploading.parts() / (kept->token() + ".json"), old);
  uploading.uploads.sweep();
  CHECK(names_in(uploading.parts()) == std::vector<std::string>{kept->token() + ".json", kept->token() + ".part"});
  CHECK_THROWS_AS((void)uploading.uploads.take_over(left->token()), HttpError);
}

TEST_CASE("what the disk has lost of an upload makes it one that is not there") {
  const Uploading uploading;
  for (const char* text : {"", "{", "{}", R"({"path": "%zz", "complete": false, "is_post": false, "size": 0})"}) {
    const auto upload = uploading.begin();
    uploading.folder.write(std::string(PartialUploads::folder_name) + "/" + upload->token() + ".json", text);
    CHECK_THROWS_AS((void)uploading.uploads.take_over(upload->token()), HttpError);
  }
  const auto upload = uploading.begin();
  std::filesystem::remove(uploading.parts() / (upload->token() + ".part"));
  CHECK_THROWS_AS((void)uploading.uploads.take_over(upload->token()), HttpError);
}

}  // namespace resumable_uploads_test
}  // namespace ropeway::handlers
