#pragma once

/// `nlohmann::json` alone, without requests and responses: <ropeway/json.hpp> has those, too. Its members are compiled once, in the library;
/// a source that included nlohmann's header by itself would compile each that it uses again, which takes seconds.

#include <string>

#include <nlohmann/json.hpp>

extern template class nlohmann::basic_json<>;
extern template nlohmann::json nlohmann::json::parse<const std::string&>(const std::string&, nlohmann::json::parser_callback_t, bool, bool);
extern template nlohmann::json nlohmann::json::parse<std::string>(std::string&&, nlohmann::json::parser_callback_t, bool, bool);
