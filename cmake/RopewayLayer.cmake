# ropeway_add_layer(<name> SOURCES ... [DEPENDS ...] [PRIVATE_DEPENDS ...]): one layer of docs/architecture.md as a static library,
# `ropeway_<name>` with the alias `ropeway::<name>`. Sources include each other by their path from the project's root.
include(Warnings)
include(Sanitizers)

# One precompiled header for all layers: what nearly every source includes, and no more. Loading it costs time in proportion to its size: with
# asio.hpp and json.hpp inside it is 190 MB and slows most sources down. It changes no meaning; the presets with clang do without it, so
# that a source that forgets an include is found.
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
    target_precompile_headers(ropeway_precompiled PRIVATE <algorithm> <chrono> <functional> <memory> <string> <string_view> <vector>
                                                          <asio/awaitable.hpp>)
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
  set_property(GLOBAL APPEND PROPERTY ROPEWAY_LAYERS ropeway_${name})
endfunction()
