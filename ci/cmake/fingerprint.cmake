# Writes a header with a fingerprint of all sources that engines are built from:
# cmake -DROOT=… -DOUT=… -P fingerprint.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE sources RELATIVE ${ROOT}
  ${ROOT}/runtime/*.hpp ${ROOT}/models/*.hpp ${ROOT}/models/*.cpp ${ROOT}/models/*.toml
  ${ROOT}/properties/*.hpp ${ROOT}/properties/*.cpp ${ROOT}/stress/*.hpp ${ROOT}/stress/*.cpp
  ${ROOT}/fuzz/*.hpp ${ROOT}/fuzz/*.cpp ${ROOT}/ci/engines/*.hpp ${ROOT}/ci/engines/*.cpp)
list(SORT sources)
set(all "")
foreach(source ${sources})
  file(SHA256 ${ROOT}/${source} hash)
  string(APPEND all "${source} ${hash}\n")
endforeach()
string(SHA256 hash "${all}")
string(SUBSTRING ${hash} 0 8 short)
file(CONFIGURE OUTPUT ${OUT} CONTENT "// Made by ci/cmake/fingerprint.cmake.
#pragma once

#include <cstdint>

namespace handfast::ci {
inline constexpr std::uint32_t fingerprint_of_sources = 0x@short@U;
}
")
