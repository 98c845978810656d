// The session's part that reads the header of the PROXY protocol, where the connection's address has one (`proxy_protocol`). It is read once,
// whoever has the connection: what is known of it goes with the connection from worker to worker, and one that has been read in part stays
// where it is until it is whole.

#include <algorithm>
#include <cstring>

#include "core/src/protocol/proxy_protocol/header.hpp"
#include "core/src/server/peer_address.hpp"
#include "core/src/server/session.hpp"

namespace ropeway::server {

// What follows the header in the same bytes goes to the codec, whose room it is received in.
void Session::receive_proxy_header() {
  for (;;) {
    const std::span<char> room = codec_.prepare();
    std::size_t count = 0;
    switch (transport_.receive(room, count)) {
      case Transfer::done: break;
      case Transfer::would_block: return wait_for_proxy_header();
      case Transfer::ended:
        if (!proxy_header_->has_begun()) return end();  // somebody who only looks whether the port is open
        return refuse_proxy_header("the connection ended within its PROXY header");
      default: return end();
    }
    const std::size_t read = proxy_header_->read({room.data(), count});
    switch (proxy_header_->state()) {
      case protocol::proxy_protocol::Header::State::incomplete: continue;
      case protocol::proxy_protocol::Header::State::invalid: return refuse_proxy_header(proxy_header_->reason());
      case protocol::proxy_protocol::Header::State::complete: break;
    }
    if (!adopt_proxy_header()) return;
    if (admission_.stream) return begin_stream(std::string(room.data() + read, count - read));
    if (read < count) {
      std::copy_n(room.data() + read, count - read, room.data());
      codec_.commit(count - read);
      first_receive_ = false;
      if (!drive()) return;
    }
    return receive();
  }
}

// Its deadline has run since the connection was accepted.
void Session::wait_for_proxy_header() {
  codec_.release();
  if (proxy_header_->has_begun()) {
    phase_.store(Phase::header, std::memory_order_relaxed);  // in a drain, too, the rest is waited for
  } else if (leave() == Leaving::has_left) {
    return;
  }
  readiness_.wait_readable();
}

void Session::refuse_proxy_header(std::string_view reason) {
  if (context_.throttle.allow()) {
    context_.log.info("connection closed, for its PROXY header",
                      {{"peer", std::string_view(peer_.data(), peer_size_)}, {"reason", reason}});
  }
  end();
}

// From here on, whom the header tells of is the peer, in every respect. False where the connection ends over that.
bool Session::adopt_proxy_header() {
  const auto header = std::move(proxy_header_);
  observability::Peer client;
  if (const auto source = header->source()) {
    std::memcpy(client.address.data(), source->address.data(), source->address.size());
    client.port = source->port;
  }
  if (client == observability::Peer()) {  // nobody
    admission_.proxy_header = ProxyHeader::State::untold;
    from_proxy_ = false;
    return true;
  }
  admission_.proxy_header = ProxyHeader::State::told;
  peer_end_ = client;
  peer_size_ = static_cast<std::uint8_t>(format_peer_address(peer_end_, peer_));
  const sockaddr_in6 address = socket_address_of(client);
  from_proxy_ = context_.trusted_proxies.covers(&address, sizeof address);
  if (from_proxy_) return true;  // all of its clients come from one address
  const AddressCounts::Entry entry = context_.addresses.enter(&address, sizeof address);
  admission_.address = entry.key;
  if (entry.too_many) refuse_address();
  return !entry.too_many;
}

ProxyHeader Session::proxy_header() const noexcept {
  const bool told = admission_.proxy_header == ProxyHeader::State::told;
  return {admission_.proxy_header, told ? peer_end_ : observability::Peer()};
}

}  // namespace ropeway::server
