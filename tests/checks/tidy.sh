#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# clang-tidy over every source of the product, as .clang-tidy says. A file that passed is remembered with the hash of
# itself, of all headers and of the rules, so that a second run only reads what may have changed.
#
#   tests/checks/tidy.sh BUILD_FOLDER
set -eu
build=$1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$root"
export build
export memory="$build/tidy-passed"
mkdir -p "$memory"
# shellcheck disable=SC2046  # a list of files
hash_of_rules=$(sha256sum .clang-tidy "$0" $(git ls-files '*.h') | sha256sum | cut -c1-16)
export hash_of_rules

# shellcheck disable=SC2016  # expanded by the inner shell
git ls-files 'probes/*.cc' 'daemon/*.cc' | xargs -P "$(nproc)" -n 1 sh -c '
  source=$1
  key=$(sha256sum < "$source" | cut -c1-32)
  passed=$memory/$(echo "$source" | tr / _).$hash_of_rules.$key
  [ ! -e "$passed" ] || exit 0
  output=$(clang-tidy-19 -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-deprecated-declarations "$source" 2>&1) || { printf "%s\n" "$output" | grep -v "warnings generated"; exit 1; }
  : > "$passed"
' sh && echo 'clang-tidy: nothing to say'
