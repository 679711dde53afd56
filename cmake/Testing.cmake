# luminate_test(<name> SOURCES <file>... [USES <layer>...] [LINK <library>...] [LABELS <label>...]
#               [FIXTURES <fixture>...] [SERIAL])
#
# A GoogleTest program, <name>_test, whose cases ctest knows one by one. USES gives it the internal headers of layers.
# FIXTURES names what ctest sets up before them: "postgres" is a PostgreSQL server (tests/support).
# SERIAL is for what takes the whole machine: nothing else runs beside it.
# The label "threads" marks what ThreadSanitizer runs; the target threads_tests builds that much and no more.
include(GoogleTest)
add_custom_target(threads_tests)
function(luminate_test name)
  cmake_parse_arguments(TEST "SERIAL" "" "SOURCES;USES;LINK;LABELS;FIXTURES" ${ARGN})
  add_executable(${name}_test ${TEST_SOURCES})
  target_link_libraries(${name}_test PRIVATE luminate_compiler_settings luminate::luminate ${TEST_LINK} GTest::gtest_main)
  foreach(used IN LISTS TEST_USES)
    target_link_libraries(${name}_test PRIVATE luminate_${used}_headers)
  endforeach()
  set(properties TIMEOUT 300)
  if(TEST_LABELS)
    list(APPEND properties LABELS "${TEST_LABELS}")
  endif()
  if(TEST_SERIAL)
    list(APPEND properties RUN_SERIAL ON)
  endif()
  if(TEST_FIXTURES)
    list(APPEND properties FIXTURES_REQUIRED "${TEST_FIXTURES}")
  endif()
  gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST PROPERTIES ${properties})
  if("threads" IN_LIST TEST_LABELS)
    add_dependencies(threads_tests ${name}_test)
  endif()
endfunction()

# luminate_fuzz(<name> SOURCE <file> CORPUS <folder> [USES <layer>...] [LINK <library>...])
#
# A fuzz target, <name>_fuzz: LLVMFuzzerTestOneInput in <file>. With LUMINATE_LIBFUZZER (the "fuzz" preset) it is a
# libFuzzer program, fuzz/<name> in the build folder, with a link to its corpus beside it, and the target fuzz_targets
# builds it; otherwise it gets a plain main that runs every file of the corpus and some thousand mutations of them, as
# an ordinary test.
add_custom_target(fuzz_targets)
function(luminate_fuzz name)
  cmake_parse_arguments(FUZZ "" "SOURCE;CORPUS" "USES;LINK" ${ARGN})
  add_executable(${name}_fuzz ${FUZZ_SOURCE})
  target_link_libraries(${name}_fuzz PRIVATE luminate_compiler_settings luminate::luminate ${FUZZ_LINK})
  foreach(used IN LISTS FUZZ_USES)
    target_link_libraries(${name}_fuzz PRIVATE luminate_${used}_headers)
  endforeach()
  if(LUMINATE_LIBFUZZER)
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
    set_target_properties(${name}_fuzz PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz OUTPUT_NAME ${name})
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${FUZZ_CORPUS} ${PROJECT_BINARY_DIR}/fuzz/${name}.corpus SYMBOLIC)
    add_dependencies(fuzz_targets ${name}_fuzz)
  else()
    target_sources(${name}_fuzz PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
    add_test(NAME fuzz.${name} COMMAND ${name}_fuzz ${CMAKE_CURRENT_SOURCE_DIR}/${FUZZ_CORPUS})
  endif()
endfunction()
