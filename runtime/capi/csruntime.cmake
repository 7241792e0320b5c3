# The Coolscript runtime, `capi/runtime.h`: a shared library, so that a compiler's driver links
# -lcsruntime and nothing else, and a static one. What is exported is cs_* and no more.
find_package(Boost 1.74 REQUIRED COMPONENTS context)

# Compiled once for both.
add_library(csruntime_objects OBJECT ${CMAKE_CURRENT_LIST_DIR}/csruntime.cpp)
target_link_libraries(csruntime_objects PRIVATE handfast_ours handfast_runtime Boost::context)
set_target_properties(csruntime_objects PROPERTIES
  POSITION_INDEPENDENT_CODE ON
  CXX_VISIBILITY_PRESET hidden
  VISIBILITY_INLINES_HIDDEN ON)

# What the standard library instantiates is visible whatever the compiler is told.
set(csruntime_exports ${PROJECT_BINARY_DIR}/csruntime.exports)
file(CONFIGURE OUTPUT ${csruntime_exports} CONTENT "{ global: cs_*; local: *; };\n")

add_library(csruntime SHARED $<TARGET_OBJECTS:csruntime_objects>)
target_link_libraries(csruntime PRIVATE
  $<BUILD_INTERFACE:handfast_ours> $<BUILD_INTERFACE:Boost::context> Threads::Threads)
target_link_options(csruntime PRIVATE LINKER:--version-script=${csruntime_exports})
set_target_properties(csruntime PROPERTIES
  LINKER_LANGUAGE CXX
  LINK_DEPENDS ${csruntime_exports}
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

add_library(csruntime_static STATIC $<TARGET_OBJECTS:csruntime_objects>)
target_link_libraries(csruntime_static
  PRIVATE $<BUILD_INTERFACE:handfast_ours>
  INTERFACE Boost::context Threads::Threads)
set_target_properties(csruntime_static PROPERTIES
  LINKER_LANGUAGE CXX
  OUTPUT_NAME csruntime)

# Not through handfast_runtime: who compiles C, or nothing but LLVM's code, needs no C++23.
foreach(library csruntime csruntime_static)
  add_library(handfast::${library} ALIAS ${library})
  target_include_directories(${library} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()

list(APPEND handfast_exported csruntime csruntime_static)

# For builds without CMake. It says where it lies, so that what is installed may be moved.
file(RELATIVE_PATH csruntime_includedir
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(${CMAKE_CURRENT_LIST_DIR}/csruntime.pc.in ${PROJECT_BINARY_DIR}/csruntime.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/csruntime.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(HANDFAST_HARNESS)
  foreach(library csruntime csruntime_static)
    add_executable(${library}-test ${CMAKE_CURRENT_LIST_DIR}/csruntime_test.c)
    target_link_libraries(${library}-test PRIVATE handfast_ours ${library} Threads::Threads)
    if(HANDFAST_SANITIZE)
      # Some of what sanitizers ask of C++ comes with its driver only.
      set_target_properties(${library}-test PROPERTIES LINKER_LANGUAGE CXX)
    endif()
    add_test(NAME ${library} COMMAND ${library}-test)
    add_test(NAME ${library}.one_worker COMMAND ${library}-test)
    set_tests_properties(${library}.one_worker PROPERTIES ENVIRONMENT CS_WORKERS=1)
  endforeach()
  add_test(NAME csruntime_symbols
    COMMAND sh -c "! ${CMAKE_NM} -D --defined-only $<TARGET_FILE:csruntime> | grep -v ' T cs_'")
endif()
