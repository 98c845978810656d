#pragma once

#include <string>
#include <utility>

#include "core/src/config/loader.hpp"

namespace ropeway::config {

/// Handlers and middlewares for tests of the loader.
inline Catalogue sample_catalogue() {
  return {
      {
          {"static",
           {
               Setting::path("root", "The folder.").required(),
               Setting::boolean("listing", "Whether folders are listed.").by_default("true"),
               Setting::list("index", "Names of index files.", Setting::string("", "A name.")).by_default("[\"index.html\"]"),
           }},
          {"hello", {}},
          {"redirect", {Setting::integer("status", "The status.").at_least(300).at_most(399).by_default("302")}},
      },
      {
          {"compress", {Setting::size("minimum", "The smallest body.").at_least(0).by_default("\"1k\"")}},
          {"token", {Setting::string("secret", "What must be sent.").required()}},
      },
  };
}

inline Loaded load_sample(std::string_view text, const Environment& environment = {}) {
  return load(text, "/etc/ropeway/ropeway.json", sample_catalogue(), environment);
}

}  // namespace ropeway::config
