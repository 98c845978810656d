#include "handlers/fastcgi/record_writer.hpp"

#include <algorithm>
#include <cstdint>

#include "handlers/fastcgi/record.hpp"

namespace ropeway::handlers {
namespace {

constexpr std::size_t short_length = 127;  // that is written in one byte

void append_byte(std::string& to, std::size_t number) { to += static_cast<char>(static_cast<unsigned char>(number)); }

void append_record(std::string& to, RecordType type, std::string_view content) {
  const std::size_t padding = (8 - content.size() % 8) % 8;
  append_byte(to, record_version);
  append_byte(to, static_cast<std::uint8_t>(type));
  append_byte(to, own_request >> 8U);
  append_byte(to, own_request & 0xffU);
  append_byte(to, content.size() >> 8U);
  append_byte(to, content.size() & 0xffU);
  append_byte(to, padding);
  append_byte(to, 0);
  to.append(content).append(padding, '\0');
}

// §3.4
void append_length(std::string& to, std::size_t length) {
  if (length <= short_length) return append_byte(to, length);
  append_byte(to, (length >> 24U & 0x7fU) | 0x80U);
  append_byte(to, length >> 16U & 0xffU);
  append_byte(to, length >> 8U & 0xffU);
  append_byte(to, length & 0xffU);
}

void append_pieces(std::string& to, RecordType type, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), RecordWriter::most_record);
    append_record(to, type, bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
}

}  // namespace

void RecordWriter::begin(std::string& to, bool keep) {
  const char flags = keep ? keeps_connection : '\0';
  append_record(to, RecordType::begin_request, std::string{'\0', role_responder, flags, '\0', '\0', '\0', '\0', '\0'});
}

void RecordWriter::params(std::string& to, const MetaVariables& variables) {
  std::string record;
  std::string pair;
  for (const auto& [name, value] : variables) {
    pair.clear();
    append_length(pair, name.size());
    append_length(pair, value.size());
    pair.append(name).append(value);
    if (record.size() + pair.size() > most_record) {
      append_pieces(to, RecordType::params, record);
      record.clear();
    }
    record += pair;
  }
  append_pieces(to, RecordType::params, record);
  append_record(to, RecordType::params, {});
}

void RecordWriter::content(std::string& to, std::string_view bytes) { append_pieces(to, RecordType::content, bytes); }

void RecordWriter::end_of_content(std::string& to) { append_record(to, RecordType::content, {}); }

}  // namespace ropeway::handlers
