#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json_fwd.hpp>

#include "core/src/config/server_config.hpp"

namespace ropeway::config {

/// An address of `listen`, or the words that say what is wrong with it. `folder` is that of relative paths of unix sockets.
[[nodiscard]] std::variant<ListenAddress, std::string> parse_listen_address(std::string_view text, std::string_view folder);

/// The address in an entry of `listen`, which is that text or an object with it; nullptr where there is none, which is reported elsewhere.
[[nodiscard]] const std::string* address_in(const nlohmann::json& entry) noexcept;
/// Whether a PROXY header begins every connection of that entry.
[[nodiscard]] bool proxy_protocol_in(const nlohmann::json& entry) noexcept;

/// Whether the one stands for every address of a port, and so takes the other's.
[[nodiscard]] bool one_covers_other(const ListenAddress& left, const ListenAddress& right) noexcept;
/// Whether both would bind the same. Port 0 is a new one each time.
[[nodiscard]] bool same_endpoint(const ListenAddress& left, const ListenAddress& right) noexcept;

}  // namespace ropeway::config
