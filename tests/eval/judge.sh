#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the judge without sanitizers and prints its page; arguments go to it (see README.md).
#
#   tests/eval/judge.sh                     choosing seed, 200 homes of each sender, 160 of each innocent
#   tests/eval/judge.sh --judging           the homes that nobody looked at while choosing
#   tests/eval/judge.sh --sweep detection.account.false_alarm=1e-3,1e-4,1e-5
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
build=${GATEWITNESS_EVAL_BUILD:-$root/build/eval}
[ -f "$build/build.ninja" ] || meson setup "$build" "$root" --buildtype=release -Dndpi=disabled >&2
ninja -C "$build" tests/eval/gatewitness-judge >&2
exec nice -n 5 "$build/tests/eval/gatewitness-judge" "$@"
