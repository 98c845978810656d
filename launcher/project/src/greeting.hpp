#pragma once

#include <string>

#include <ropeway/json.hpp>
#include <ropeway/ropeway.hpp>

/// GET /hello/{name}: a greeting as JSON.
class Greeting final : public ropeway::Handler {
 public:
  /// What it may be configured with; a mistake in the file is told with line and column before anything starts.
  static ropeway::Settings settings() {
    return {ropeway::Setting::string("word", "What the greeting begins with.").by_default("\"Hello\"")};
  }
  explicit Greeting(const ropeway::ConfigNode& options) : word_(options.string("word")) {}

  ropeway::Response handle(const ropeway::Request& request) const override {
    return ropeway::Response::json(nlohmann::json{{"greeting", word_ + ", " + std::string(request.param("name")) + "!"}});
  }

 private:
  std::string word_;
};
