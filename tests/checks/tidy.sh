#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The checks of .clang-tidy over every source and header of the product. A file that passed is remembered with the hash
# of itself, of all headers and of the rules, so that a second run only reads what may have changed.
#
#   tests/checks/tidy.sh BUILD_FOLDER              through clangd
#   tests/checks/tidy.sh BUILD_FOLDER --thorough   clang-tidy itself, once before a release
#
# clang-tidy looks at each header again for each source that includes it, libraries' too, and takes a quarter of an hour.
# clangd runs the same checks on one file's own lines in a fifth of the time; it leaves out bugprone-use-after-move.
set -eu
build=$1
way=${2:-quick}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$root"
export build way
export memory="$build/tidy-passed"
mkdir -p "$memory"
# shellcheck disable=SC2046  # a list of files
hash_of_rules=$(sha256sum .clang-tidy .clangd "$0" $(git ls-files '*.h') | sha256sum | cut -c1-16)
export hash_of_rules

case $way in
  quick) files=$(git ls-files 'probes/*.cc' 'daemon/*.cc' 'probes/*.h' 'daemon/*.h') ;;
  --thorough) files=$(git ls-files 'probes/*.cc' 'daemon/*.cc') ;;
  *) echo "tests/checks/tidy.sh: does not understand \"$way\" (--thorough or nothing)" >&2; exit 2 ;;
esac

# shellcheck disable=SC2016  # expanded by the inner shell
echo "$files" | xargs -P "$(nproc)" -n 1 sh -c '
  file=$1
  key=$(sha256sum < "$file" | cut -c1-32)
  passed=$memory/$way.$(echo "$file" | tr / _).$hash_of_rules.$key
  [ ! -e "$passed" ] || exit 0
  if [ "$way" = quick ]; then
    # Its status is no measure: files of which nothing is to be said end with 0, all others with the number of faults.
    said=$(clangd-19 --check="$file" --check-locations=0 --compile-commands-dir="$build" 2>&1) || :
    case $said in
      *"All checks completed, 0 errors"*) ;;
      *) printf "%s\n" "$said" | sed -n "s|^E\[[0-9:.]*\] |$file: |p"
         case $said in *"All checks completed"*) ;; *) echo "$file: clangd gave up" ;; esac
         exit 1 ;;
    esac
  else
    said=$(clang-tidy-19 -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-deprecated-declarations "$file" 2>&1) ||
      { printf "%s\n" "$said" | grep -v "warnings generated"; exit 1; }
  fi
  : > "$passed"
' sh && echo 'clang-tidy: nothing to say'
