#pragma once

/// The whole public API, and the door into a program's `main`.

#include <ropeway/awaitable.hpp>
#include <ropeway/body.hpp>
#include <ropeway/child_process.hpp>
#include <ropeway/clock.hpp>
#include <ropeway/config_node.hpp>
#include <ropeway/file_response.hpp>
#include <ropeway/handler.hpp>
#include <ropeway/headers.hpp>
#include <ropeway/http_error.hpp>
#include <ropeway/launch.hpp>
#include <ropeway/logger.hpp>
#include <ropeway/media_type.hpp>
#include <ropeway/method.hpp>
#include <ropeway/middleware.hpp>
#include <ropeway/multipart.hpp>
#include <ropeway/registry.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>
#include <ropeway/server.hpp>
#include <ropeway/services.hpp>
#include <ropeway/setting.hpp>
#include <ropeway/static_files.hpp>
#include <ropeway/status.hpp>
#include <ropeway/url.hpp>
