# For programs and modules, in this tree and of an installed Ropeway (find_package(ropeway) includes it).

# ropeway_exports(<target>): modules can be loaded into this program. It holds the whole framework and shows its symbols, which modules use.
function(ropeway_exports target)
  set_target_properties(${target} PROPERTIES ENABLE_EXPORTS ON)
  # The layers that have something of the public headers, whole. One argument for all, and not $<LINK_LIBRARY:WHOLE_ARCHIVE>, which refuses a
  # library that other layers name, too.
  set(layers json http config templates core handlers)
  list(TRANSFORM layers REPLACE ".+" "$<TARGET_FILE:ropeway::\\0>")
  list(JOIN layers "," files)
  target_link_libraries(${target} PRIVATE "-Wl,--whole-archive,${files},--no-whole-archive" ropeway::ropeway)
endfunction()

# ropeway_add_module(<name> SOURCES ...): the module <name>.so. It has headers alone; what they declare is in the program that loads it.
function(ropeway_add_module name)
  cmake_parse_arguments(arg "" "" "SOURCES" ${ARGN})
  add_library(${name} MODULE ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" CXX_VISIBILITY_PRESET default VISIBILITY_INLINES_HIDDEN OFF)
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_include_directories(${name} SYSTEM PRIVATE $<TARGET_PROPERTY:ropeway::ropeway,INTERFACE_INCLUDE_DIRECTORIES>)
  target_compile_definitions(${name} PRIVATE $<TARGET_PROPERTY:ropeway::ropeway,INTERFACE_COMPILE_DEFINITIONS>)
  target_compile_options(${name} PRIVATE $<TARGET_PROPERTY:ropeway::ropeway,INTERFACE_COMPILE_OPTIONS>)
  target_link_options(${name} PRIVATE $<TARGET_PROPERTY:ropeway::ropeway,INTERFACE_LINK_OPTIONS>)
endfunction()
