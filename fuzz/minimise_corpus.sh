#!/usr/bin/env bash
# Fuzzes for a while and keeps the fewest inputs that cover as much:
# fuzz/minimise_corpus.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
cmake --preset fuzz >/dev/null
cmake --build build/fuzz --target channel-libfuzzer
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/found" "$scratch/kept"
build/fuzz/fuzz/channel-libfuzzer -max_total_time="$seconds" -max_len=160 -verbosity=0 \
  "$scratch/found" fuzz/corpus/channel
build/fuzz/fuzz/channel-libfuzzer -set_cover_merge=1 -max_len=160 -verbosity=0 \
  "$scratch/kept" fuzz/corpus/channel "$scratch/found"
# The inputs with names were made by hand, to be read: they stay.
find fuzz/corpus/channel -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' -delete
cp "$scratch/kept"/* fuzz/corpus/channel/
echo "kept $(find fuzz/corpus/channel -type f | wc -l) inputs"
