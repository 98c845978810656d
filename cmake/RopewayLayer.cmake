# ropeway_add_layer(<name> SOURCES ... [DEPENDS ...] [PRIVATE_DEPENDS ...]): one layer of docs/architecture.md as a static library,
# `ropeway_<name>` with the alias `ropeway::<name>`. Sources include each other by their path from the project's root.
include(Warnings)
include(Sanitizers)

# One precompiled header for all layers. It changes no meaning; the preset for clang-tidy does without it, so that a source that forgets an
# include is found. g++ pays for each load in proportion to its size: with asio.hpp and json.hpp inside it is 190 MB and slows most sources
# down, so it has what nearly every source includes, and no more. clang reads what it needs of it, so there it has whatever is costly.
set(ROPEWAY_PRECOMPILED <algorithm> <chrono> <functional> <memory> <string> <string_view> <vector> <asio/awaitable.hpp>)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  list(APPEND ROPEWAY_PRECOMPILED <deque> <filesystem> <fstream> <map> <mutex> <optional> <set> <sstream> <thread> <variant> <asio/co_spawn.hpp>
                                  <asio/io_context.hpp> <asio/posix/stream_descriptor.hpp> <asio/post.hpp> <asio/steady_timer.hpp> <asio/use_awaitable.hpp>
                                  <ropeway/handler.hpp> <ropeway/json.hpp> <ropeway/middleware.hpp> <ropeway/registry.hpp> <ropeway/services.hpp>)
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")  # for ccache: one that was made again from the same headers is the same
endif()

# Sources of a target are compiled twelve at a time, so what they all include is read and instantiated once. No two of them may give different
# things one name, then, not even in unnamed namespaces; a test has a namespace of its own where its helpers' names are anybody's.
function(ropeway_unite target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${ROPEWAY_UNITY_BUILD} UNITY_BUILD_BATCH_SIZE 12)
endfunction()

function(ropeway_precompile target)
  if(CMAKE_DISABLE_PRECOMPILE_HEADERS)
    return()
  endif()
  if(NOT TARGET ropeway_precompiled)
    file(CONFIGURE OUTPUT "${ropeway_BINARY_DIR}/precompiled.cpp" CONTENT "// Only there to carry the precompiled header.\n" @ONLY)
    add_library(ropeway_precompiled OBJECT "${ropeway_BINARY_DIR}/precompiled.cpp")
    set_target_properties(ropeway_precompiled PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(ropeway_precompiled PRIVATE ropeway::api)
    ropeway_warnings(ropeway_precompiled)
    ropeway_sanitizers(ropeway_precompiled)
    target_precompile_headers(ropeway_precompiled PRIVATE ${ROPEWAY_PRECOMPILED})
  endif()
  target_precompile_headers(${target} REUSE_FROM ropeway_precompiled)
endfunction()

function(ropeway_add_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(ropeway_${name} STATIC ${arg_SOURCES})
  add_library(ropeway::${name} ALIAS ropeway_${name})
  set_target_properties(ropeway_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_compile_features(ropeway_${name} PUBLIC cxx_std_20)
  target_include_directories(ropeway_${name} PRIVATE "${ropeway_SOURCE_DIR}")
  target_link_libraries(ropeway_${name} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_DEPENDS})
  ropeway_warnings(ropeway_${name})
  ropeway_sanitizers(ropeway_${name})
  ropeway_precompile(ropeway_${name})
  ropeway_unite(ropeway_${name})
  set_property(GLOBAL APPEND PROPERTY ROPEWAY_LAYERS ropeway_${name})
endfunction()
