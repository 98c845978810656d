#include <ropeway/json_document.hpp>

template class nlohmann::basic_json<>;
template nlohmann::json nlohmann::json::parse<const std::string&>(const std::string&, nlohmann::json::parser_callback_t, bool, bool);
template nlohmann::json nlohmann::json::parse<std::string>(std::string&&, nlohmann::json::parser_callback_t, bool, bool);
