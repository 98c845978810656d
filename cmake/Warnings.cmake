function(ropeway_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wconversion
                                           -Wno-sign-conversion -Wnull-dereference)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports these where there is nothing wrong, in code of its own library or of Asio's coroutines, inlined (GCC bugs 105329, 105651, 104336).
    target_compile_options(${target} PRIVATE -Wno-null-dereference -Wno-restrict -Wno-maybe-uninitialized -Wno-mismatched-new-delete
                                             -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread
                                             -Wno-subobject-linkage)  # the last: a source that is compiled with others is a header to it
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    target_compile_options(${target} PRIVATE -Wno-deprecated-declarations)  # inside of g++'s library, which std::stable_sort comes from
  endif()
  if(ROPEWAY_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
