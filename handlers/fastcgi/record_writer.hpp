#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "handlers/meta_variables.hpp"

namespace ropeway::handlers {

/// What a web server says to a FastCGI responder, as records (FastCGI 1.0 §3.3) of the one request that a connection has at a time. Each function appends
/// to `to`. Records are at most `most_record` bytes long, and padded to multiples of 8, as the specification advises.
struct RecordWriter {
  /// What PHP takes is a little less than what the length could say.
  static constexpr std::size_t most_record = 32UL * 1024;

  /// The request begins (§5.1). `keep`: the responder leaves the connection open behind its answer.
  static void begin(std::string& to, bool keep);
  /// All variables (§5.2), and that there are no more. A variable is not cut over two records where it fits in one: PHP would not put it together.
  static void params(std::string& to, const MetaVariables& variables);
  /// Some content (§5.3). Nothing where it is empty, since that would be its end.
  static void content(std::string& to, std::string_view bytes);
  static void end_of_content(std::string& to);
};

}  // namespace ropeway::handlers
