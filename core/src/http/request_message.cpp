#include "core/src/http/request_message.hpp"

#include "core/src/http/packed.hpp"
#include "core/src/http/request_access.hpp"

namespace ropeway::http {

std::string pack_request(const Request& request) {
  Packer packer;
  packer.put(static_cast<std::uint32_t>(request.version()));
  packer.put(request.peer_port());
  const auto id = static_cast<std::uint64_t>(request.id());
  packer.put(static_cast<std::uint32_t>(id >> 32U));
  packer.put(static_cast<std::uint32_t>(id));
  for (const std::string_view text :
       {request.method_name(), request.target(), request.raw_path(), request.path(), request.query(), request.host(),
        request.peer_address(), request.client_address(), request.scheme(), request.authority()}) {
    packer.put(text);
  }
  packer.put(static_cast<std::uint32_t>(request.headers().size()));
  for (const HeaderField& field : request.headers()) {
    packer.put(field.name);
    packer.put(field.value);
  }
  const std::uint8_t params = RequestAccess::param_count(request);
  packer.put(params);
  for (std::uint8_t i = 0; i < params; ++i) {
    const HeaderField param = RequestAccess::param(request, i);
    packer.put(param.name);
    packer.put(param.value);
  }
  packer.put(request.body());
  return packer.take();
}

bool unpack_request(std::string_view message, Request& request) {
  Unpacker unpacker(message);
  RequestHead head;
  head.version = static_cast<Version>(unpacker.number());
  const auto peer_port = static_cast<std::uint16_t>(unpacker.number());
  const std::uint64_t id_above = unpacker.number();
  const std::uint64_t id_below = unpacker.number();
  head.method_name = unpacker.text();
  head.method = method_from(head.method_name);
  head.target = unpacker.text();
  head.raw_path = unpacker.text();
  const std::string_view path = unpacker.text();
  head.query = unpacker.text();
  head.host = unpacker.text();
  const std::string_view peer = unpacker.text();
  const std::string_view client = unpacker.text();
  const std::string_view scheme = unpacker.text();
  const std::string_view authority = unpacker.text();
  for (std::uint32_t left = unpacker.number(); left > 0 && !unpacker.failed(); --left) {
    const std::string_view name = unpacker.text();
    head.fields.push_back({name, unpacker.text()});
  }
  RequestAccess::assign_as_read(request, head, path);
  RequestAccess::set_peer(request, peer, peer_port);
  RequestAccess::set_id(request, static_cast<RequestId>(id_above << 32U | id_below));
  RequestAccess::set_forwarded(request, client, scheme, authority);
  for (std::uint32_t left = unpacker.number(); left > 0 && !unpacker.failed(); --left) {
    const std::string_view name = unpacker.text();
    RequestAccess::add_param(request, name, unpacker.text());
  }
  RequestAccess::set_body(request, unpacker.text());
  return !unpacker.failed();
}

}  // namespace ropeway::http
