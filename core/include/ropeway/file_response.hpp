#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <ropeway/body.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>

namespace ropeway {

/// What a response from a file says about it.
struct FileDescription {
  std::uint64_t size = 0;
  std::chrono::system_clock::time_point modified{};  ///< cut to whole seconds in `Last-Modified`; the epoch means that it is not known
  std::string_view etag;                             ///< with its quotes, for example "\"65a1-4000\""; none where empty
  std::string_view media_type;
};

/// Answers a GET or HEAD with (a part of) a file: evaluates If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since in
/// the order of RFC 9110 §13.2.2, then Range with If-Range (RFC 9110 §14); the result is 200, 206 (also multipart/byteranges), 304,
/// 412 or 416, with `ETag`, `Last-Modified`, `Accept-Ranges` and `Content-Type`. The content comes from `file` (sent without a copy
/// through user space), or from `bytes` where that has an owner. Never blocks.
[[nodiscard]] Response file_response(const Request& request, const FileDescription& description, std::shared_ptr<const OpenFile> file,
                                     SharedBytes bytes = {});

/// The same for a file by its path, opened here: 404 where it cannot be read or is no regular file. It does not confine the path to a
/// folder: `path` must not come from a request unchecked (that is what the handler `static_files` is for).
[[nodiscard]] Response file_response(const Request& request, const std::string& path);

/// Whether the conditions of a request that would change a representation hold (RFC 9110 §13.2.2): If-Match, If-Unmodified-Since and
/// If-None-Match against what there is now, nullptr where there is nothing. Where they do not, the answer is 412.
[[nodiscard]] bool preconditions_met(const Request& request, const FileDescription* existing) noexcept;

}  // namespace ropeway
