#include <ropeway/static_files.hpp>

#include <doctest/doctest.h>

#include <ropeway/json_document.hpp>

#include "tests/handlers/static_files/fixture.hpp"

namespace ropeway::handlers {
namespace {

/// Every hook overridden.
class Archive final : public StaticFiles {
 public:
  using StaticFiles::StaticFiles;

 private:
  std::optional<Response> authorize(const Request& request) const override {
    if (request.header("Authorization") == "Bearer key") return std::nullopt;
    return Response::error(Status::unauthorized).header("WWW-Authenticate", "Bearer");
  }
  std::optional<std::string_view> map_path(const Request& request, std::string& scratch) const override {
    if (request.path() == "/nothing") return std::nullopt;
    if (!request.path().starts_with("/latest/")) return StaticFiles::map_path(request, scratch);
    scratch = "v2/" + std::string(request.path().substr(8));
    return scratch;
  }
  Response listing(const Request&, FolderListing folder) const override {
    std::string names = folder.path + ":";
    for (const FolderEntry& entry : folder.entries) names += " " + entry.name;
    return Response::text(names);
  }
  void headers(const Request&, std::string_view path, Response& response) const override {
    response.headers().set("Content-Disposition", "attachment");
    response.headers().set("X-Path", path);
  }
};

struct Served {
  TemporaryFolder folder;
  TestServices services;
  std::unique_ptr<Archive> archive;
  Served() {
    folder.write("root/v2/file.txt", "two");
    folder.write("root/v1/file.txt", "one");
    folder.write("secret", "secret");
    const std::string options =
        R"({"root": ")" + (folder / "root").string() + R"(", "listing": true, "error_pages": {"401": "v1/file.txt"}})";
    archive = std::make_unique<Archive>(ConfigNode::from_json(options, StaticFiles::settings()), services);
  }
  Response get(const char* target, const char* authorization = "Bearer key") {
    return testing::call(*archive, testing::RequestBuilder("GET", target).header("Authorization", authorization));
  }
};

}  // namespace

TEST_CASE("authorize refuses before anything is looked up, and its answer keeps its fields") {
  Served served;
  Response refused = served.get("/v1/file.txt", "none");
  CHECK(refused.status() == Status::unauthorized);
  CHECK(refused.headers().find("WWW-Authenticate") == "Bearer");
  CHECK(testing::body_of(std::move(refused)) == "one");  // the error page
  CHECK(testing::body_of(served.get("/v1/file.txt")) == "one");
}

TEST_CASE("map_path says which file is meant, and leads nowhere that is not served") {
  Served served;
  CHECK(testing::body_of(served.get("/latest/file.txt")) == "two");
  CHECK(served.get("/nothing").status() == Status::not_found);
  CHECK(served.get("/latest/").status() == Status::ok);

  class Outside final : public StaticFiles {
   public:
    using StaticFiles::StaticFiles;

   private:
    std::optional<std::string_view> map_path(const Request&, std::string&) const override { return "../secret"; }
  };
  const std::string options = R"({"root": ")" + (served.folder / "root").string() + R"(", "dotfiles": true, "follow_symlinks": true})";
  const Outside outside(ConfigNode::from_json(options, StaticFiles::settings()), served.services);
  CHECK(testing::call(outside, testing::RequestBuilder("GET", "/x")).status() == Status::not_found);
}

TEST_CASE("listing makes the page of a folder") {
  Served served;
  Response page = served.get("/v1/");
  CHECK(page.headers().find("X-Content-Type-Options") == "nosniff");
  CHECK(testing::body_of(std::move(page)) == "v1: file.txt");
}

TEST_CASE("headers adds to every response that is made from a file") {
  Served served;
  const Response found = served.get("/latest/file.txt");
  CHECK(found.headers().find("Content-Disposition") == "attachment");
  CHECK(found.headers().find("X-Path") == "v2/file.txt");
  CHECK_FALSE(served.get("/v1/missing").headers().contains("X-Path"));
}

}  // namespace ropeway::handlers
