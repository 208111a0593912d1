#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What each OpenWrt package takes, out of a release build: every file, stripped, the sums, and what the programs take on
# flash, where OpenWrt's root file system is a squashfs packed with xz in blocks of 256 KiB. Exit status 1 if the programs of
# the packages that alerts and quarantine need take more than 1 MiB (1,048,576 bytes) of flash. Needs squashfs-tools.
#
#   packaging/openwrt/sizes.sh BUILD_FOLDER        STRIP=... for another processor's programs
set -eu
if [ $# != 1 ] || [ ! -d "$1" ]; then
  echo "usage: sizes.sh BUILD_FOLDER (of packaging/build.sh)" >&2
  exit 2
fi
command -v mksquashfs >/dev/null || { echo "sizes.sh: needs mksquashfs (squashfs-tools)" >&2; exit 1; }
build=$(cd "$1" && pwd)
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
feed=$root/packaging/openwrt
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
STRIP=${STRIP:-strip}
mkdir -p "$folder/built/usr/bin" "$folder/built/usr/sbin" "$folder/flash"

find "$build" -type f -name 'gatewitness*' -perm -u+x ! -path '*/tests/*' ! -name '*.p' | while read -r program; do
  name=$(basename "$program")
  case $name in
    gatewitness) to=$folder/built/usr/bin ;;
    *) to=$folder/built/usr/sbin ;;
  esac
  $STRIP -o "$to/$name" "$program"
done

ask() { make -s -C "$feed" TOPDIR="$root/tests/packaging/openwrt/mk" PKG_INSTALL_DIR="$folder/built" "$@"; }
on_flash() {
  mksquashfs "$1" "$folder/image" -comp xz -b 256K -noappend -all-root -no-progress -quiet >/dev/null
  wc -c <"$folder/image"
}

stripped=0
for package in $(ask packages); do
  ask OUT="$folder/$package" "install-$package"
  echo "$package"
  total=0
  for file in $(cd "$folder/$package" && find . -type f | sort); do
    size=$(wc -c <"$folder/$package/$file")
    printf '  %9d  %s\n' "$size" "${file#.}"
    total=$((total + size))
    case $package:$file in
      gatewitness-replay:*) ;;
      *:*/usr/bin/* | *:*/usr/sbin/*)
        stripped=$((stripped + size))
        cp "$folder/$package/$file" "$folder/flash/"
        ;;
    esac
  done
  printf '  %9d  in all, %d on flash\n' "$total" "$(on_flash "$folder/$package")"
done
flash=$(on_flash "$folder/flash")
printf 'programs without gatewitness-replay: %d bytes stripped; on flash %d, of 1048576\n' "$stripped" "$flash"
[ "$flash" -le 1048576 ]
