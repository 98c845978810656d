# Headers, libraries, the program, and a package that find_package(ropeway) finds.
include(CMakePackageConfigHelpers)

get_property(layers GLOBAL PROPERTY ROPEWAY_LAYERS)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ropeway")
install(TARGETS ${layers} EXPORT ropewayTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY core/include/ropeway handlers/include/ropeway launcher/include/ropeway DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT ropewayTargets NAMESPACE ropeway:: DESTINATION "${package_dir}")
configure_package_config_file(cmake/ropewayConfig.cmake.in "${CMAKE_CURRENT_BINARY_DIR}/ropewayConfig.cmake"
                              INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/ropewayConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/ropewayConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/ropewayConfigVersion.cmake"
              cmake/Findasio.cmake cmake/Findbrotli.cmake cmake/FindZstandard.cmake
              cmake/RopewayModules.cmake DESTINATION "${package_dir}")
install(TARGETS ropeway_program RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")

# The manual page and the shells' completions, which launcher/ has the program print.
if(NOT CMAKE_CROSSCOMPILING)
  set(pages "${CMAKE_CURRENT_BINARY_DIR}/pages")
  install(FILES "${pages}/ropeway.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
  install(FILES "${pages}/ropeway" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
  install(FILES "${pages}/_ropeway" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
  install(FILES "${pages}/ropeway.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
endif()
