#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ropeway::testing {

/// A record of FastCGI, written apart from the code under test.
inline std::string fastcgi_record(unsigned type, std::string_view content, std::size_t padding = 0, unsigned request = 1) {
  std::string record{'\x01'};
  for (const std::size_t byte :
       {static_cast<std::size_t>(type), static_cast<std::size_t>(request / 256), static_cast<std::size_t>(request % 256),
        content.size() / 256, content.size() % 256, padding, std::size_t{0}}) {
    record += static_cast<char>(static_cast<unsigned char>(byte));
  }
  return record.append(content).append(padding, 'p');
}

/// The record that ends a request.
inline std::string fastcgi_end(unsigned protocol_status, std::uint32_t application_status = 0) {
  std::string content;
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    content += static_cast<char>(static_cast<unsigned char>(application_status >> shift & 255U));
  content += static_cast<char>(static_cast<unsigned char>(protocol_status));
  return fastcgi_record(3, content.append(3, '\0'));
}

/// A whole answer in records.
inline std::string fastcgi_answer(std::string_view output) { return fastcgi_record(6, output, 3) + fastcgi_end(0); }

/// What a web server has sent for one request.
struct FastCgiRequest {
  unsigned role = 0;
  bool keep = false;
  std::map<std::string, std::string> params;
  std::string content;
};

/// Reads what `read_bytes(count)` gives, up to the end of the content. Throws `std::runtime_error` where that is no request.
template <class ReadBytes>
FastCgiRequest read_fastcgi_request(ReadBytes read_bytes) {
  const auto at = [](const std::string& text, std::size_t index) {
    return static_cast<std::size_t>(static_cast<unsigned char>(text.at(index)));
  };
  FastCgiRequest request;
  std::string pairs;
  for (bool has_params = false;;) {
    const std::string header = read_bytes(8);
    if (at(header, 0) != 1 || at(header, 2) != 0 || at(header, 3) != 1) throw std::runtime_error("that is no record of request 1");
    const std::string content = read_bytes(at(header, 4) * 256 + at(header, 5));
    (void)read_bytes(at(header, 6));
    if ((content.size() + at(header, 6)) % 8 != 0) throw std::runtime_error("a record is not padded");
    switch (at(header, 1)) {
      case 1:
        request.role = static_cast<unsigned>(at(content, 0) * 256 + at(content, 1));
        request.keep = at(content, 2) == 1;
        break;
      case 4:
        pairs += content;
        has_params = content.empty();
        break;
      case 5:
        if (!has_params) throw std::runtime_error("content comes before the end of the variables");
        request.content += content;
        if (!content.empty()) break;
        for (std::size_t i = 0; i < pairs.size();) {
          const auto length = [&] {
            if (at(pairs, i) < 128) return at(pairs, i++);
            const std::size_t number = (at(pairs, i) & 127U) << 24U | at(pairs, i + 1) << 16U | at(pairs, i + 2) << 8U | at(pairs, i + 3);
            i += 4;
            return number;
          };
          const std::size_t name = length();
          const std::size_t value = length();
          request.params[pairs.substr(i, name)] = pairs.substr(i + name, value);
          i += name + value;
        }
        return request;
      default: throw std::runtime_error("that is no record of a web server");
    }
  }
}

}  // namespace ropeway::testing
