#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Fuzzing as a developer does it, with clang 19's libFuzzer. For each target: build it, run it for so long, print what it did.
#   tests/fuzz/run.sh [-s SECONDS] [-j AT_ONCE] [-b BUILD_FOLDER] [TARGET...]     run (default: 600 s each, one at once, all)
#   tests/fuzz/run.sh -m [-b BUILD_FOLDER] [TARGET...]                            take what grew into tests/fuzz/corpus
# What grows lies in BUILD_FOLDER/grown/TARGET, what was found in BUILD_FOLDER/found/TARGET-*, the logs beside it.
# Exit 1 if anything was found.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
seconds=600 at_once=1 build=$root/build/fuzz take=no
usage() { sed -n '4,9s/^# \{0,1\}//p' "$0"; }
while getopts s:j:b:mh option; do
  case $option in
    s) seconds=$OPTARG ;;
    j) at_once=$OPTARG ;;
    b) build=$OPTARG ;;
    m) take=yes ;;
    h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- frame stream smtp tls dhcp dhcpv6 mdns ssdp dns dissector wire leases config report evidence alert quarantine snapshot

if [ ! -f "$build/build.ninja" ]; then
  CXX=${CXX:-clang++-19} meson setup "$build" "$root" --buildtype=debugoptimized -Dfuzz=true -Dtests=false \
    -Db_sanitize=address,undefined -Db_lundef=false
fi
programs=
for name in "$@"; do programs="$programs tests/fuzz/fuzz-$name"; done
# shellcheck disable=SC2086
nice -n 15 ninja -C "$build" -j "$at_once" $programs
mkdir -p "$build/grown" "$build/found" "$build/log"

# Short memories of who allocated what: half the time would go into writing them down.
export ASAN_OPTIONS=malloc_context_size=3 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

# Everything that covers something, the smallest files first: few enough to be replayed at each test run.
take_corpus() {
  name=$1
  rm -rf "$build/merged/$name"
  mkdir -p "$build/merged/$name" "$build/grown/$name"
  nice -n 15 "$build/tests/fuzz/fuzz-$name" -set_cover_merge=1 -timeout=10 -rss_limit_mb=2048 \
    "$build/merged/$name" "$here/corpus/$name" "$build/grown/$name" > "$build/log/merge-$name" 2>&1
  python3 "$here/keep_small.py" "$build/merged/$name" "$here/corpus/$name"
}
if [ $take = yes ]; then
  for name in "$@"; do take_corpus "$name"; done
  exit 0
fi

run_one() {
  name=$1
  mkdir -p "$build/grown/$name"
  nice -n 15 "$build/tests/fuzz/fuzz-$name" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 \
    -print_final_stats=1 -artifact_prefix="$build/found/$name-" "$build/grown/$name" "$here/corpus/$name" \
    > "$build/log/$name" 2>&1 || echo "$name: found something, see $build/log/$name"
  sed -n "s/^Done \([0-9]* runs in [0-9]* second\).*/$name: \1s/p" "$build/log/$name"
  grep -E ' cov: ' "$build/log/$name" | tail -n 1 | sed "s/^.* cov: \([0-9]*\) ft: \([0-9]*\).*/$name: coverage \1, features \2/"
}
while [ $# -gt 0 ]; do
  count=0
  while [ $# -gt 0 ] && [ $count -lt "$at_once" ]; do
    run_one "$1" &
    shift
    count=$((count + 1))
  done
  wait
done
[ -z "$(ls -A "$build/found")" ]
