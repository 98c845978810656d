#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <ropeway/config_node.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>
#include <ropeway/services.hpp>
#include <ropeway/setting.hpp>

#include "handlers/relative_path.hpp"
#include "handlers/root.hpp"
#include "handlers/uploads/partial_upload.hpp"

namespace ropeway::handlers {

/// Uploads that go on where they broke off ("Resumable Uploads for HTTP", draft-ietf-httpbis-resumable-upload-10): a PUT or POST with the field
/// `Upload-Complete` makes an upload resource, of which 104 (Upload Resumption Supported) tells the client beforehand. HEAD says how much has come,
/// PATCH appends, DELETE gives up. What has come stays when the connection breaks off and when the worker dies.
class ResumableUploads {
 public:
  struct Options {
    std::uint64_t max_bytes = 0;  ///< of a file
    bool create_folders = true;
    bool sync = true;
  };
  /// The setting `resumable`.
  [[nodiscard]] static Setting setting();
  /// `options`: the object `resumable`. `root` outlives this object.
  ResumableUploads(const ConfigNode& options, Services& services, const Root& root, const std::string& root_name, const Options& how);

  /// Whether the request begins an upload that may go on.
  [[nodiscard]] bool begins(const Request& request) const;
  /// Answers such a request, which is PUT or POST to `path`, after all that speaks against it. `local`: the end of the request's path, from the
  /// root on. A POST replaces a file that is there where `replace`. Nothing where a PUT cannot go on, and is to be taken in one piece.
  [[nodiscard]] awaitable<std::optional<Response>> begin(Request& request, std::string_view local, const RelativePath& path,
                                                         bool replace) const;

  /// Whether `local` is the place of an upload resource; its token then.
  [[nodiscard]] std::optional<std::string_view> token_in(std::string_view local) const;
  [[nodiscard]] awaitable<Response> answer(Request& request, std::string_view token) const;
  /// Says in the answer to OPTIONS that uploads can go on here.
  void announce(Response& response) const;

 private:
  [[nodiscard]] awaitable<Response> look(std::string_view token) const;
  [[nodiscard]] awaitable<Response> append(Request& request, std::string_view token) const;
  [[nodiscard]] awaitable<std::optional<Response>> receive(Request& request, PartialUpload& upload) const;
  [[nodiscard]] awaitable<Response> complete(PartialUpload& upload) const;
  [[nodiscard]] Response too_large() const;

  BlockingPool& pool_;
  const Root& root_;
  Options how_;
  bool interim_;
  std::shared_ptr<const PartialUploads> uploads_;  // nullptr: uploads do not go on
  std::string limits_;                             // the field Upload-Limit
};

}  // namespace ropeway::handlers
