// The keys for cookies as configurations name them.

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include <ropeway/secure_cookie.hpp>

#include "core/src/config/loader.hpp"

namespace ropeway {
namespace {

int digit_value(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

// What is wrong with them is told without showing them.
std::vector<std::string> read_keys(std::string_view text) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '#') {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    if (std::string_view(" \t\r\n,").find(text[i]) != std::string_view::npos) {
      ++i;
      continue;
    }
    const std::string_view word = text.substr(i, text.find_first_of(" \t\r\n,#", i) - i);
    i += word.size();
    std::string key;
    for (std::size_t at = 0; at + 1 < word.size(); at += 2) {
      const int high = digit_value(word[at]);
      const int low = digit_value(word[at + 1]);
      if (high < 0 || low < 0) throw std::invalid_argument("key " + std::to_string(keys.size() + 1) + " is not in hexadecimal");
      key += static_cast<char>(high * 16 + low);
    }
    if (word.size() % 2 != 0) throw std::invalid_argument("key " + std::to_string(keys.size() + 1) + " has half a byte at its end");
    keys.push_back(std::move(key));
  }
  return keys;
}

constexpr std::string_view remedy = "; `openssl rand -hex 32` makes one";

}  // namespace

Setting CookieKeys::setting() {
  return Setting::object(
      "cookie_keys", "The keys for cookies that clients cannot change: the first makes new ones, all of them read.",
      {
          Setting::path("file",
                        "A file with 1 to 8 keys, one a line, each of 32 random bytes or more in hexadecimal (`openssl rand "
                        "-hex 32`). Let nobody else read it.")
              .at_least(1),
          Setting::string("environment", "A variable of the environment that holds them, separated by spaces.").at_least(1),
      });
}

CookieKeys CookieKeys::from(const ConfigNode& options, Services& services) {
  const ConfigNode node = options.object("cookie_keys");
  const std::string variable = node.has("environment") ? node.string("environment") : std::string();
  const bool has_file = node.has("file");
  if (has_file == !variable.empty()) {
    throw options.error("cookie_keys", has_file ? "has both \"file\" and \"environment\"; keep one of them"
                                                : "names no keys; write {\"file\": \"cookie.keys\"}" + std::string(remedy));
  }
  std::string text;
  if (has_file) {
    config::FileText read = config::read_text(node.path("file"));
    if (read.error != 0) throw node.error("file", "cannot read " + node.path("file") + ": " + std::strerror(read.error));
    text = std::move(read.text);
  } else {
    const char* const value = std::getenv(variable.c_str());
    if (value == nullptr) throw node.error("environment", "the variable " + variable + " is not set" + std::string(remedy));
    text = value;
  }
  try {
    return CookieKeys(read_keys(text), services.clock());
  } catch (const std::invalid_argument& error) { throw node.error(has_file ? "file" : "environment", error.what() + std::string(remedy)); }
}

}  // namespace ropeway
