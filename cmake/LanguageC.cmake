# C, for tests and examples that are written in it: by the compiler that goes with that of C++, as both know the same
# sanitizers.
if(NOT CMAKE_C_COMPILER AND CMAKE_CXX_COMPILER_ID MATCHES Clang)
  get_filename_component(folder ${CMAKE_CXX_COMPILER} DIRECTORY)
  find_program(CMAKE_C_COMPILER clang HINTS ${folder} REQUIRED)
endif()
enable_language(C)
