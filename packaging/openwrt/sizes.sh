#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What each OpenWrt package would put on flash, out of a release build: every file, stripped, and the sums. Exit status 1 if our
# own programs together take more than 1 MB (1,048,576 bytes).
#
#   packaging/openwrt/sizes.sh BUILD_FOLDER
set -eu
if [ $# != 1 ] || [ ! -d "$1" ]; then
  echo "usage: sizes.sh BUILD_FOLDER (of packaging/build.sh)" >&2
  exit 2
fi
build=$(cd "$1" && pwd)
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
feed=$root/packaging/openwrt
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
STRIP=${STRIP:-strip}
mkdir -p "$folder/built/usr/bin" "$folder/built/usr/sbin"

find "$build" -type f -name 'gatewitness*' -perm -u+x ! -path '*/tests/*' ! -name '*.p' | while read -r program; do
  name=$(basename "$program")
  case $name in
    gatewitness) to=$folder/built/usr/bin ;;
    *) to=$folder/built/usr/sbin ;;
  esac
  $STRIP -o "$to/$name" "$program"
done

ask() { make -s -C "$feed" TOPDIR="$root/tests/packaging/openwrt/mk" PKG_INSTALL_DIR="$folder/built" "$@"; }
programs=0
for package in $(ask packages); do
  ask OUT="$folder/$package" "install-$package"
  echo "$package"
  total=0
  for file in $(cd "$folder/$package" && find . -type f | sort); do
    size=$(wc -c <"$folder/$package/$file")
    printf '  %9d  %s\n' "$size" "${file#.}"
    total=$((total + size))
    case $file in */usr/bin/* | */usr/sbin/*) programs=$((programs + size)) ;; esac
  done
  printf '  %9d  in all\n' "$total"
done
printf '%d bytes of programs, of 1048576\n' "$programs"
[ "$programs" -le 1048576 ]
