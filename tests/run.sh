#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what the tests need, builds with sanitizers, runs every test. What CI runs; ends with the number of
# tests that passed, failed and were skipped. A second run only builds what changed.
set -u

usage() {
  cat <<END
usage: tests/run.sh [--quick]

  1. packages (apt), asked of nobody
  2. build/test: everything with AddressSanitizer and UndefinedBehaviorSanitizer; unit tests, fuzz corpora,
     golden replays, and as root the probes in network namespaces
  3. build/release: what is shipped; as root the scenarios of the home laboratory
  4. checks: formatting, clang-tidy, direction of includes, scripts

  --quick   without 3 and clang-tidy

Real captures are used where GATEWITNESS_PCAPS names their folder, or ../shared/pcaps is there. What needs root is
skipped without it, and says so. Exit status: 0 if nothing failed.
END
}

quick=no
case ${1:-} in
  --quick) quick=yes ;;
  -h | --help) usage; exit 0 ;;
  '') ;;
  *) echo "tests/run.sh: does not understand \"$1\" (see --help)" >&2; exit 2 ;;
esac

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root" || exit 1
test_build=build/test
release_build=build/release
results=build/results
checks=

say() { printf '\n== %s\n' "$*"; }
stop() { echo "tests/run.sh: $*" >&2; echo '0 passed, 1 failed, 0 skipped'; exit 1; }
# check NAME COMMAND...: a test of its own, by its exit status.
check() {
  name=$1
  shift
  "$@"
  status=$?
  [ $status = 0 ] || echo "check $name: exit status $status"
  checks="$checks --check $name=$status"
}
clean_up() {
  trap - EXIT
  [ ! -f tests/lab/home.py ] || [ "$(id -u)" != 0 ] || /usr/bin/python3 tests/lab/home.py cleanup
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say 'Packages'
packaging/packages.sh test || stop 'packages are missing'

say "Build with sanitizers: $test_build"
if command -v ccache >/dev/null && [ -z "${CXX:-}" ]; then export CXX='ccache g++' CCACHE_NOHASHDIR=true; fi
rm -rf "$results"
mkdir -p "$results"
# Not optimised: with sanitizers that takes a third of the time to compile, and what is shipped is tested optimised below.
[ -f $test_build/build.ninja ] ||
  meson setup $test_build --buildtype=debug -Db_sanitize=address,undefined -Dwerror=true >"$results/setup.log" 2>&1 ||
  { cat "$results/setup.log"; stop 'meson setup failed'; }
meson compile -C $test_build >"$results/build.log" 2>&1 || { tail -n 60 "$results/build.log"; stop 'the build failed'; }
tail -n 1 "$results/build.log"

say 'Unit tests, corpora, replays'
# A leak is a failure too, and the first undefined behaviour ends the program.
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
meson test -C $test_build --no-rebuild --print-errorlogs --timeout-multiplier 3

lab_results=
if [ $quick = no ]; then
  say "What is shipped: $release_build"
  packaging/build.sh $release_build >"$results/release.log" 2>&1 || { tail -n 40 "$results/release.log"; stop 'the release build failed'; }
  tail -n 1 "$results/release.log"
  say 'The home laboratory'
  lab_results=$results/lab.xml
  GATEWITNESS_BUILD=$root/$release_build /usr/bin/python3 -m pytest -q -ra -p no:cacheprovider tests/lab --junitxml="$lab_results"
fi

say 'Checks'
check files /usr/bin/python3 tests/checks/files.py
check layering /usr/bin/python3 tests/checks/layering.py
# shellcheck disable=SC2046  # a list of files
check format clang-format-14 --dry-run --Werror $(git ls-files '*.cc' '*.h')
# shellcheck disable=SC2046
check shellcheck shellcheck $(git ls-files '*.sh') .ci/run
[ $quick = yes ] || check sizes packaging/openwrt/sizes.sh $release_build
[ $quick = yes ] || check tidy tests/checks/tidy.sh $test_build

say 'Result'
# shellcheck disable=SC2086  # lists of words
/usr/bin/python3 tests/summary.py $checks $test_build/meson-logs/testlog.junit.xml $lab_results
