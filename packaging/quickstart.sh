#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# From a fresh Debian 12 to the thing at work, with one command and no question. A second run only builds what
# changed. Ctrl-C ends it and leaves nothing behind but the build folder.
set -eu

usage() {
  cat <<END
usage: packaging/quickstart.sh [--interface NAME] [--build-only]

Installs what is needed (apt), builds gatewitness into build/release, and runs it:

  as root           on a home made of network namespaces: gateway, fridge, laptop, NAS
                    and an internet with a real mail server. Nothing leaves it, and it
                    is gone afterwards.
  --interface NAME  as root, on this machine's own LAN interface, until Ctrl-C. Only
                    listens; keeps what it learns in a temporary folder.
  without root      over a capture that comes with the project

  --build-only      stops after the build
END
}

say() { printf '\n== %s\n' "$*"; }
wrong() { echo "quickstart.sh: $1 (see --help)" >&2; exit 2; }

interface=
build_only=no
while [ $# -gt 0 ]; do
  case $1 in
    --interface) [ $# -ge 2 ] || wrong '--interface needs a name'; interface=$2; shift 2 ;;
    --interface=*) interface=${1#*=}; shift ;;
    --build-only) build_only=yes; shift ;;
    -h | --help) usage; exit 0 ;;
    *) wrong "does not understand \"$1\"" ;;
  esac
done

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$root/build/release
cd "$root"
is_root=no
[ "$(id -u)" = 0 ] && is_root=yes
if [ -n "$interface" ] && [ $is_root = no ]; then
  echo "quickstart.sh: capturing on $interface needs root; try: sudo packaging/quickstart.sh --interface $interface" >&2
  exit 1
fi

say 'Packages: what is missing is installed with apt'
if [ $is_root = yes ] && [ -z "$interface" ] && [ $build_only = no ]; then
  packaging/packages.sh build lab
else
  packaging/packages.sh build
fi

say "Build: into build/release (a few minutes the first time, seconds afterwards)"
log=$root/build/release.log
mkdir -p "$root/build"
if ! packaging/build.sh "$build" >"$log" 2>&1; then
  tail -n 40 "$log" >&2
  echo "quickstart.sh: the build failed; all of it is in build/release.log" >&2
  exit 1
fi
tail -n 1 "$log"
gatewitness=$build/daemon/cli/gatewitness
[ $build_only = no ] || { "$gatewitness" version; exit 0; }

if [ $is_root = no ]; then
  say 'Replay: a home in which a fridge sends spam (a generated capture)'
  "$gatewitness" replay tests/golden/captures/fridge_burst.pcap
  say 'More'
  echo "  sudo packaging/quickstart.sh                    a whole home in network namespaces, live"
  echo "  sudo packaging/quickstart.sh --interface br-lan your own network"
  echo "  build/release/daemon/cli/gatewitness replay FILE   a capture of your own"
  exit 0
fi

if [ -z "$interface" ]; then
  say 'Run: a home out of network namespaces, with gatewitness on its gateway'
  exec /usr/bin/python3 tests/lab/demo.py "$build"
fi

folder=$(mktemp -d /run/gatewitness-trial.XXXXXX)
chmod 755 "$folder"
runner=
clean_up() {
  trap - EXIT INT TERM HUP
  if [ -n "$runner" ]; then kill "$runner" 2>/dev/null || true; wait "$runner" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say "Run: watching $interface (Ctrl-C ends it)"
"$gatewitness" run --interface "$interface" --user nobody --run-dir "$folder/run" --state-dir "$folder/state" &
runner=$!
tries=0
while [ ! -S "$folder/run/events.sock" ]; do
  kill -0 "$runner" 2>/dev/null || { wait "$runner" || exit 1; exit 1; }
  tries=$((tries + 1))
  [ $tries -le 100 ] || { echo "quickstart.sh: gatewitness did not start within 10 s" >&2; exit 1; }
  sleep 0.1
done
say 'What it sees, as it happens. Meanwhile, in another terminal:'
echo "  sudo $gatewitness status --run-dir $folder/run      (or devices, incidents, explain ID)"
echo
"$gatewitness" watch --run-dir "$folder/run"
