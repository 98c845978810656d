// Files for those who have the link's token, and always saved rather than shown: `./downloads --config ropeway.json`, then
// `curl -OJ 'localhost:8000/report.txt?token=7f3a'`.

#include <ropeway/ropeway.hpp>

class Downloads final : public ropeway::StaticFiles {
 public:
  using StaticFiles::StaticFiles;

 private:
  std::optional<ropeway::Response> authorize(const ropeway::Request& request) const override {
    if (request.query("token") == "7f3a") return std::nullopt;
    return ropeway::Response::error(ropeway::Status::forbidden, "This link has expired.");
  }

  void headers(const ropeway::Request&, std::string_view path, ropeway::Response& response) const override {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    response.header("Content-Disposition", "attachment; filename*=UTF-8''" + ropeway::percent_encode(name));
  }
};

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) { registry.handler<Downloads>("downloads"); });
}
