#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the Debian packages of what is committed: a copy of the sources with this folder as debian/, then
# dpkg-buildpackage. Needs packaging/packages.sh build, debhelper and dpkg-dev.
#
#   packaging/debian/build.sh [FOLDER]      the packages lie in FOLDER (default: build/debian) afterwards
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
out=${1:-$root/build/debian}
mkdir -p "$out"
out=$(CDPATH='' cd -- "$out" && pwd)
source=$out/gatewitness

rm -rf "$source" "$out"/*.deb "$out"/*.changes "$out"/*.buildinfo
mkdir -p "$source"
git -C "$root" archive HEAD | tar -x -C "$source"
cp -a "$source/packaging/debian" "$source/debian"

if command -v ccache >/dev/null && [ -z "${CXX:-}" ]; then
  # The path of the sources must not be part of what a compiled file is known by.
  export CXX='ccache g++' CCACHE_NOHASHDIR=true CCACHE_BASEDIR="$source"
  export CCACHE_DIR="${CCACHE_DIR:-$(ccache -k cache_dir)}"
fi
cd "$source"
DEB_BUILD_OPTIONS=${DEB_BUILD_OPTIONS:-nocheck parallel=$(nproc)} dpkg-buildpackage -us -uc -b
cd "$out"
ls -- *.deb
