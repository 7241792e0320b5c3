#!/bin/sh
# minimise_corpus.sh TARGET CORPUS [MORE...]: rewrites the folder CORPUS with the
# fewest of its inputs, and of those in MORE, that reach as much code as all.
# TARGET is the libFuzzer program. Inputs are named for their contents.
set -eu
target=$1
corpus=$2
shift 2
fewer=$(mktemp -d)
trap 'rm -rf "$fewer"' EXIT
"$target" -merge=1 -max_len=401 "$fewer" "$corpus" "$@"
find "$corpus" -type f -delete
cp "$fewer"/* "$corpus"
