# ropeway_add_layer(<name> SOURCES ... [DEPENDS ...] [PRIVATE_DEPENDS ...]): one layer of docs/architecture.md as a static library,
# `ropeway_<name>` with the alias `ropeway::<name>`. Sources include each other by their path from the project's root.
include(Warnings)
include(Sanitizers)

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
  set_property(GLOBAL APPEND PROPERTY ROPEWAY_LAYERS ropeway_${name})
endfunction()
