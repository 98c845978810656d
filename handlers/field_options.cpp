#include "handlers/field_options.hpp"

#include <stdexcept>

#include <ropeway/headers.hpp>

namespace ropeway::handlers {

FieldList read_fields(const ConfigNode& options, std::string_view name, const FieldRefusal& refusal) {
  const ConfigNode map = options.object(name);
  FieldList fields;
  Headers probe;
  MistakeCollector mistakes;
  for (std::string& field : map.keys()) {
    mistakes.collect([&] {
      if (const std::string reason = refusal(field); !reason.empty()) throw map.error(field, reason);
      if (probe.contains(field)) throw map.error(field, "this field is written twice; names are the same in capitals and small letters");
      std::string value = map.string(field);
      try {
        probe.add(field, value);
      } catch (const std::invalid_argument&) {
        throw map.error(field, "this is no valid header field: a name is letters, digits and hyphens, a value is one line of text");
      }
      fields.emplace_back(std::move(field), std::move(value));
    });
  }
  mistakes.throw_if_any();
  return fields;
}

void require_field_value(const ConfigNode& options, std::string_view name, std::string_view value) {
  try {
    Headers().add("X", value);
  } catch (const std::invalid_argument&) {
    throw options.error(name, "this cannot be sent in a header field: remove line breaks and control characters");
  }
}

std::string read_field_value(const ConfigNode& options, std::string_view name) {
  std::string value = options.string(name);
  require_field_value(options, name, value);
  return value;
}

}  // namespace ropeway::handlers
