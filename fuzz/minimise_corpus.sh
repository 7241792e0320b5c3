#!/usr/bin/env bash
# Fuzzes for a while and keeps the fewest inputs that cover as many edges:
# fuzz/minimise_corpus.sh [SECONDS [programs|schedules|tasks]]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
target=${2:-programs}
case $target in
    programs) kept=fuzz/corpus/channel longest=160 ;;
    schedules) kept=fuzz/corpus/schedules longest=96 ;;
    tasks) kept=fuzz/corpus/scheduler longest=96 ;;
    *) echo "minimise_corpus.sh: no fuzz target is named '$target'" >&2; exit 2 ;;
esac
cmake --preset fuzz >/dev/null
cmake --build build/fuzz --target "$target-libfuzzer"
fuzzer=build/fuzz/fuzz/$target-libfuzzer
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/found" "$scratch/kept"
"$fuzzer" -max_total_time="$seconds" -max_len="$longest" -verbosity=0 "$scratch/found" "$kept"
"$fuzzer" -set_cover_merge=1 -use_counters=0 -max_len="$longest" -verbosity=0 "$scratch/kept" "$kept" "$scratch/found"
# The inputs with names were made by hand, to be read: they stay.
find "$kept" -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' -delete
cp "$scratch/kept"/* "$kept/"
echo "kept $(find "$kept" -type f | wc -l) inputs"
