#pragma once

#include <cstddef>
#include <cstdint>

namespace ropeway::handlers {

/// What records of FastCGI 1.0 are made of (§8).
enum class RecordType : std::uint8_t {
  begin_request = 1,
  end_request = 3,
  params = 4,
  content = 5,  ///< FCGI_STDIN
  output = 6,   ///< FCGI_STDOUT
  error = 7,    ///< FCGI_STDERR
  get_values_result = 10,
  unknown_type = 11,
};

inline constexpr std::size_t record_header_size = 8;
inline constexpr unsigned record_version = 1;
inline constexpr unsigned own_request = 1;  ///< the identifier of the one request that a connection has at a time
inline constexpr char role_responder = 1;
inline constexpr char keeps_connection = 1;  ///< FCGI_KEEP_CONN

}  // namespace ropeway::handlers
