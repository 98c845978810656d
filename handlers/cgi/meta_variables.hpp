#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ropeway/request.hpp>

namespace ropeway::handlers {

/// Which script a request is for, and how its path tells so.
struct Script {
  std::string file;         // an absolute path
  std::string script_name;  // the part of the request's path that names it
  std::string path_info;    // the part behind that; empty, or begins with "/"
  std::string interpreter;  // the program that reads it; empty: it is executed itself
};

/// What all scripts of a route are told alike.
struct CommonVariables {
  std::string root;                                              // the folder that PATH_INFO is applied to
  std::string path;                                              // PATH
  std::string server_name;                                       // where the request names no host
  bool authorization = false;                                    // whether they get the client's credentials
  std::vector<std::pair<std::string, std::string>> environment;  // further ones; they win
};

/// The whole environment of a script (RFC 3875 §4.1), "NAME=value". Besides the standard's variables there are those that scripts have come to
/// expect: DOCUMENT_ROOT, SCRIPT_FILENAME, REQUEST_URI, REQUEST_SCHEME, REMOTE_PORT and REDIRECT_STATUS.
///
/// A field of the request becomes HTTP_NAME, and fields of one name one list. Left out are `Proxy` (HTTP_PROXY means something else to
/// many programs), credentials unless asked for, what concerns the connection, and names that could be mistaken for others (an
/// underscore where another field has a hyphen).
[[nodiscard]] std::vector<std::string> meta_variables(const Request& request, const Script& script, const CommonVariables& common);

}  // namespace ropeway::handlers
