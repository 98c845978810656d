# ropeway_project_files(<output> <folder> <function>): writes a C++ source in which a function gives the files of `folder`, for
# launcher/src/new_project.hpp.
function(ropeway_project_files output folder function)
  file(GLOB_RECURSE names CONFIGURE_DEPENDS LIST_DIRECTORIES false RELATIVE "${folder}" "${folder}/*")
  list(SORT names)
  set(table "")
  foreach(name ${names})
    file(READ "${folder}/${name}" text)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${folder}/${name}")
    string(APPEND table "    {\"${name}\", R\"____(${text})____\"},\n")
  endforeach()
  set(table "${table}")
  file(CONFIGURE OUTPUT "${output}" @ONLY CONTENT [[
// Made by cmake.
#include "launcher/src/new_project.hpp"

namespace ropeway::launcher {

std::span<const ProjectFile> @function@() noexcept {
  static constexpr ProjectFile files[] = {
@table@  };
  return files;
}

}  // namespace ropeway::launcher
]])
endfunction()
