# How this project's own targets are built: warnings, sanitizers, and engines
# with a twin over the runtime with seeded bugs.

# Options that every target of ours has, and none of a consumer's.
add_library(handfast_ours INTERFACE)
target_compile_options(handfast_ours INTERFACE -Wall -Wextra -Wpedantic -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # At -O3 it sees std::string's operator+ overlap itself (GCC bug 105651).
  target_compile_options(handfast_ours INTERFACE -Wno-restrict)
endif()
if(HANDFAST_WERROR)
  target_compile_options(handfast_ours INTERFACE -Werror)
endif()
if(HANDFAST_SANITIZE)
  target_compile_options(handfast_ours INTERFACE
    -fsanitize=${HANDFAST_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(handfast_ours INTERFACE -fsanitize=${HANDFAST_SANITIZE})
endif()
if(HANDFAST_COVERAGE)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(handfast_ours INTERFACE -fprofile-instr-generate -fcoverage-mapping)
    target_link_options(handfast_ours INTERFACE -fprofile-instr-generate)
  else()
    target_compile_options(handfast_ours INTERFACE --coverage)
    target_link_options(handfast_ours INTERFACE --coverage)
  endif()
endif()

# What reads options, starts others and prints: to compile it well costs more than it
# ever saves.
function(handfast_is_not_hot target)
  target_compile_options(${target} PRIVATE -O0)
endfunction()

# What has all of the runtime in it is compiled as a release is: GCC warns of other things
# there. A source's options come after its target's.
function(handfast_is_seen_at_o3)
  set_source_files_properties(${ARGN} PROPERTIES
    COMPILE_OPTIONS $<$<CXX_COMPILER_ID:GNU>:-O3>)
endfunction()

# The runtime with every seeded bug behind a switch, written into the build tree
# (models/mutants/generate.py). Linking handfast_mutated in place of
# handfast::runtime puts it in front.
function(handfast_add_mutated_runtime)
  file(GLOB_RECURSE shipped CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/runtime/*)
  file(GLOB tables CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/models/mutants/*.toml)
  set(out ${PROJECT_BINARY_DIR}/mutated/include/handfast)
  add_custom_command(
    OUTPUT ${out}/mutants.hpp
    COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/models/mutants/generate.py
            ${PROJECT_SOURCE_DIR}/runtime ${out} ${tables}
    DEPENDS ${PROJECT_SOURCE_DIR}/models/mutants/generate.py ${shipped} ${tables}
    COMMENT "Seeding bugs into a copy of runtime/"
    VERBATIM)
  add_custom_target(handfast_mutated_headers DEPENDS ${out}/mutants.hpp)
  add_library(handfast_mutated INTERFACE)
  target_include_directories(handfast_mutated INTERFACE ${PROJECT_BINARY_DIR}/mutated/include)
  target_compile_features(handfast_mutated INTERFACE cxx_std_23)
  add_dependencies(handfast_mutated handfast_mutated_headers)
endfunction()

# What every engine's program has: the command line, the result, the signals.
function(handfast_add_engine)
  add_library(handfast_engine OBJECT ${PROJECT_SOURCE_DIR}/ci/engines/engine.cpp)
  target_include_directories(handfast_engine PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_features(handfast_engine PRIVATE cxx_std_23)
  target_link_libraries(handfast_engine PRIVATE
    handfast_ours nlohmann_json::nlohmann_json CLI11::CLI11)
  handfast_is_not_hot(handfast_engine)
endfunction()

option(HANDFAST_MUTANTS "Build each engine's twin over the seeded bugs" ON)
option(HANDFAST_RELACY "Build the engine that runs scenarios under Relacy" ON)

# handfast_engine(NAME SOURCES file... [LIBRARIES lib...] [OPTIONS flag...])
#
# An engine's program, handfast-NAME, and with HANDFAST_MUTANTS its twin over the
# seeded bugs, handfast-NAME-mutants; the programs' names are appended to the
# global property HANDFAST_ENGINES. OPTIONS go to the compiler and the linker (sanitizers).
function(handfast_engine name)
  cmake_parse_arguments(PARSE_ARGV 1 engine "" "" "SOURCES;LIBRARIES;OPTIONS")
  set(twins "")
  if(HANDFAST_MUTANTS)
    set(twins "-mutants")
  endif()
  foreach(twin "" ${twins})
    set(target handfast-${name}${twin})
    add_executable(${target} ${engine_SOURCES} ${PROJECT_SOURCE_DIR}/ci/engines/seeded.cpp
      $<TARGET_OBJECTS:handfast_engine>)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_options(${target} PRIVATE ${engine_OPTIONS})
    target_link_options(${target} PRIVATE ${engine_OPTIONS})
    if(twin)
      # Wrong on purpose: compilers rightly warn about some of it.
      target_compile_options(${target} PRIVATE -w)
      target_link_libraries(${target} PRIVATE handfast_mutated)
      # It takes long to compile, and a moment to find what is there to be found.
      handfast_is_not_hot(${target})
    else()
      target_link_libraries(${target} PRIVATE handfast::runtime)
    endif()
    target_link_libraries(${target} PRIVATE handfast_ours ${engine_LIBRARIES}
      nlohmann_json::nlohmann_json CLI11::CLI11 Threads::Threads)
    set_target_properties(${target} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/engines)
    set_property(GLOBAL APPEND PROPERTY HANDFAST_ENGINES ${target})
  endforeach()
  # Under CTest only a little, so that no build of an engine goes untried.
  add_test(NAME engine.${name}
    COMMAND handfast check --engine ${name} --max-executions 300)
endfunction()

# handfast_catches(ENGINE bug...): seeded bugs that it catches, whatever others do; of those that
# several do docs/seeded-bugs.md shows one.
function(handfast_catches engine)
  if(HANDFAST_MUTANTS)
    foreach(bug ${ARGN})
      add_test(NAME ${engine}.catches.${bug}
        COMMAND handfast mutants ${bug} --engine ${engine})
    endforeach()
  endif()
endfunction()

# handfast_test(NAME SOURCES file... [LIBRARIES lib...]): a GoogleTest program,
# its cases known to CTest.
function(handfast_test name)
  cmake_parse_arguments(PARSE_ARGV 1 test "" "" "SOURCES;LIBRARIES")
  add_executable(${name} ${test_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE
    handfast_ours handfast::runtime ${test_LIBRARIES} GTest::gtest_main Threads::Threads)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 DISCOVERY_MODE PRE_TEST)
endfunction()
