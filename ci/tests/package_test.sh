#!/bin/sh
# An installed Handfast is found by a project of its own, in C++ and in C.
#
#   ci/tests/package_test.sh [BUILD]      BUILD is build/gcc if not said
set -eu
cd "$(dirname "$0")/../.."

build=${1-build/gcc}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cmake --install "$build" --prefix "$scratch/prefix" >"$scratch/log"
for compilers in "gcc-12 g++-12" "clang-19 clang++-19"; do
    set -- $compilers
    cmake -S examples/pipeline -B "$scratch/$1" -G Ninja -DCMAKE_PREFIX_PATH="$scratch/prefix" \
        -DCMAKE_C_COMPILER="$1" -DCMAKE_CXX_COMPILER="$2" >>"$scratch/log"
    cmake --build "$scratch/$1" >>"$scratch/log" || { cat "$scratch/log"; exit 1; }
    "$scratch/$1/squares"
    "$scratch/$1/owned_strings"
done
# A wrong example must not pass unseen: this project asks for what is not there.
if cmake -S examples/pipeline -B "$scratch/none" -DCMAKE_PREFIX_PATH="$scratch/empty" \
        >>"$scratch/log" 2>&1; then
    echo "a project found a package that is not installed"
    exit 1
fi
echo "installed headers and libraries serve a C++ and a C program under both compilers"
