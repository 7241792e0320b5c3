#!/bin/sh
# An installed Handfast is found by projects of their own, in C++, in C and in LLVM's code.
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
# Users' own code, checked: the right versions pass, the wrong ones fail for the reason
# that they should, and a token brings a failure back.
cmake -S examples/checked -B "$scratch/checked" -G Ninja -DCMAKE_PREFIX_PATH="$scratch/prefix" \
    -DCMAKE_CXX_COMPILER=g++-12 >>"$scratch/log"
cmake --build "$scratch/checked" >>"$scratch/log" || { cat "$scratch/log"; exit 1; }
ctest --test-dir "$scratch/checked" --output-on-failure >>"$scratch/log" ||
    { cat "$scratch/log"; exit 1; }
wrong="$scratch/checked/wrong_checks"
token=$("$wrong" --gtest_filter='WrongSpinLock.*' | sed -n 's/.*--handfast_replay=//p')
if "$wrong" --handfast_replay="$token" >"$scratch/again"; then
    echo "the replay of a failure passes"
    exit 1
fi
grep -q 'data race: a write of count' "$scratch/again"
[ "$(grep -c 'SKIPPED.*Wrong.*(' "$scratch/again")" = 2 ]
# Which of their orders do the checks defend? Each of the spin lock's.
handfast="$scratch/prefix/bin/handfast"
"$handfast" mutate spin_lock.hpp --program "$scratch/checked/checks" >"$scratch/mutate" ||
    { cat "$scratch/mutate"; exit 1; }
grep -q ' 0 survived' "$scratch/mutate"
# Compilers' output, linked with the C libraries: by CMake, and by pkg-config.
for example in coolscript cc; do
    cmake -S examples/$example -B "$scratch/$example" -G Ninja \
        -DCMAKE_PREFIX_PATH="$scratch/prefix" -DCMAKE_C_COMPILER=clang-19 \
        -DCMAKE_CXX_COMPILER=g++-12 >>"$scratch/log"
    cmake --build "$scratch/$example" >>"$scratch/log" || { cat "$scratch/log"; exit 1; }
    ctest --test-dir "$scratch/$example" --output-on-failure >>"$scratch/log" ||
        { cat "$scratch/log"; exit 1; }
done
PKG_CONFIG_PATH=$(dirname "$(find "$scratch/prefix" -name csruntime.pc)")
export PKG_CONFIG_PATH
clang-19 -Wno-override-module examples/coolscript/fan_out.ll \
    $(pkg-config --cflags --libs csruntime) -o "$scratch/fan_out"
clang-19 examples/cc/match.c $(pkg-config --cflags --libs ccruntime) -o "$scratch/match"
LD_LIBRARY_PATH=$(pkg-config --variable=libdir csruntime) "$scratch/fan_out"
LD_LIBRARY_PATH=$(pkg-config --variable=libdir ccruntime) "$scratch/match"
# A wrong example must not pass unseen: this project asks for what is not there.
if cmake -S examples/pipeline -B "$scratch/none" -DCMAKE_PREFIX_PATH="$scratch/empty" \
        >>"$scratch/log" 2>&1; then
    echo "a project found a package that is not installed"
    exit 1
fi
echo "what is installed serves C++, C, LLVM code and CC under both compilers, and checks a user's code"
